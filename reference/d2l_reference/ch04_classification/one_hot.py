import torch
from torch import Tensor


def one_hot(y: Tensor, num_classes: int) -> Tensor:
    if y.is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        raise TypeError(f"labels must be whole numbers, not {y.dtype}")
    y = y.long()  # before any comparison: 300 does not fit into uint8
    outside = y[(y < 0) | (y >= num_classes)]
    if outside.numel():
        raise ValueError(f"label {outside[0].item()} is not one of the classes 0 to {num_classes - 1}")
    return (y[..., None] == torch.arange(num_classes)).float()


def from_one_hot(Y: Tensor) -> Tensor:
    zeros_and_ones = (Y == 0) | (Y == 1)
    if not (zeros_and_ones.all() and (Y.sum(-1) == 1).all()):
        raise ValueError("every row must hold exactly one 1, and zeros otherwise")
    return Y.argmax(-1)
