import torch
from torch import Tensor


def one_hot(y: Tensor, num_classes: int) -> Tensor:
    if y.dtype not in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        raise TypeError(f"labels of {y.dtype}")
    if y.numel() and (y.min() < 0 or y.max().item() >= num_classes):
        raise ValueError(f"labels from {y.min().item()} to {y.max().item()}, but {num_classes} classes")
    return torch.eye(num_classes)[y.long()]


def from_one_hot(Y: Tensor) -> Tensor:
    labels = Y.argmax(-1)
    if not torch.equal(Y.double(), torch.eye(Y.shape[-1], dtype=torch.float64)[labels]):
        raise ValueError("not one-hot")
    return labels
