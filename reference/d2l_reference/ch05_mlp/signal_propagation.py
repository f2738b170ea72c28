import math

import torch
from torch import Tensor


def signal_report(weights: list[Tensor], X: Tensor, activation: str) -> tuple[Tensor, Tensor]:
    # Copies, so that the caller's matrices are not marked for autograd.
    matrices = [W.clone().requires_grad_() for W in weights]
    h, spreads = X, []
    for W in matrices:
        h = _activated(h @ W.T, activation)
        spreads.append(h.detach().std())
    gradients = torch.autograd.grad((h**2).mean(), matrices)
    return torch.stack(spreads), torch.stack([gradient.norm() for gradient in gradients])


def stable_std(width: int, activation: str) -> float:
    # A sum of `width` products has `width` times the variance of one.
    if activation in ("linear", "tanh"):
        return math.sqrt(1 / width)
    if activation == "relu":
        return math.sqrt(2 / width)  # half of what arrives is silenced
    raise ValueError(f"no deviation keeps a signal through {activation!r} layers")


def _activated(z: Tensor, activation: str) -> Tensor:
    if activation == "linear":
        return z
    if activation not in ("relu", "sigmoid", "tanh"):
        raise ValueError(f"there is no activation {activation!r}")
    return getattr(torch, activation)(z)
