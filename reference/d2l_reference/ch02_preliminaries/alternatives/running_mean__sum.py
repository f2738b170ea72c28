"""Keeps the sum, and writes the mean from it into the one tensor that everybody looks at."""

import numpy as np
import torch
from torch import Tensor


class ShapeError(ValueError):
    """A tensor of another shape."""


class RunningMean:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.mean = torch.zeros(shape)
        self.count = 0
        self._sum = torch.zeros(shape, dtype=torch.float64)

    def update(self, x: Tensor) -> None:
        self._check(x)
        self._sum, self.count = self._sum + x.detach(), self.count + 1
        self.mean.copy_(self._sum / self.count)

    def snapshot(self) -> np.ndarray:
        return np.array(self.mean)

    def item(self, *index: int) -> float:
        return float(self.mean.numpy()[index])

    def restore(self, array: np.ndarray, count: int) -> None:
        values = torch.from_numpy(array.astype(np.float64))
        self._check(values)
        self._sum, self.count = values * count, count
        self.mean.copy_(values)

    def _check(self, x: Tensor) -> None:
        if list(x.shape) != list(self.mean.shape):
            raise ShapeError(f"expected {list(self.mean.shape)}, got {list(x.shape)}")
