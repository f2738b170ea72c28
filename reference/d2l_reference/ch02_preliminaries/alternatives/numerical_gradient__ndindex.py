"""A fresh copy for every call, places by numpy's ndindex."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def numerical_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-4) -> Tensor:
    gradient = torch.empty(x.shape, dtype=torch.float64)

    def moved(place, distance):
        point = torch.empty(x.shape, dtype=torch.float64).copy_(x.detach())
        point[place] += distance
        return float(f(point))

    for place in np.ndindex(*x.shape):
        gradient[place] = (moved(place, h) - moved(place, -h)) / h / 2
    return gradient
