"""Steps are the rows of an identity matrix; nothing is ever written into a point."""

from collections.abc import Callable

import torch
from torch import Tensor


def numerical_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-4) -> Tensor:
    point = x.detach().double()
    steps = h * torch.eye(point.numel(), dtype=torch.float64).reshape(-1, *point.shape)
    slopes = [float(f(point + step)) - float(f(point - step)) for step in steps]
    return torch.tensor(slopes, dtype=torch.float64).reshape(point.shape) / (2 * h)
