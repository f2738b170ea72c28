import torch
from torch import Tensor


def one_hot(y: Tensor, num_classes: int) -> Tensor:
    if y.dtype.is_floating_point or y.dtype in (torch.bool, torch.complex64, torch.complex128):
        raise TypeError("labels must be integers")
    labels = y.flatten().tolist()
    if labels and not 0 <= min(labels) <= max(labels) < num_classes:
        raise ValueError(f"no class: {min(labels) if min(labels) < 0 else max(labels)}")
    out = torch.zeros(*y.shape, num_classes)
    return out.scatter_(-1, y.to(torch.int64).unsqueeze(-1), 1.0)


def from_one_hot(Y: Tensor) -> Tensor:
    if ((Y != 0).sum(-1) != 1).any() or ((Y == 1).sum(-1) != 1).any():
        raise ValueError("no one-hot vectors")
    return (Y.double() * torch.arange(Y.shape[-1])).sum(-1).long()
