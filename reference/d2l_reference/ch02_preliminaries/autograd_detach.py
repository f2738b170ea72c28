from collections.abc import Callable

import torch
from torch import Tensor


def value_and_grad(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[float, Tensor]:
    leaf = x.detach().requires_grad_()
    value = f(leaf)
    if value.numel() != 1:
        raise ValueError(f"f must return one number, not {value.numel()}")
    gradient = None
    if value.requires_grad:
        (gradient,) = torch.autograd.grad(value, leaf, allow_unused=True)
    return value.item(), torch.zeros_like(x) if gradient is None else gradient


def straight_through_round(x: Tensor) -> Tensor:
    return x + (x.round() - x).detach()
