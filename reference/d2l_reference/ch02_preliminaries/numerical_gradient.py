from collections.abc import Callable

import torch
from torch import Tensor


def numerical_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-4) -> Tensor:
    point = x.detach().to(torch.float64, copy=True, memory_format=torch.contiguous_format)
    coordinates = point.view(-1)  # the same memory in one row
    slopes = torch.zeros_like(coordinates)
    for i, value in enumerate(coordinates.tolist()):
        coordinates[i] = value + h
        above = float(f(point))
        coordinates[i] = value - h
        below = float(f(point))
        coordinates[i] = value
        slopes[i] = (above - below) / (2 * h)
    return slopes.view(x.shape)
