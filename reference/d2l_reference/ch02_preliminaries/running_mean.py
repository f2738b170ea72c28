import numpy as np
import torch
from torch import Tensor


class RunningMean:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.mean = torch.zeros(shape)
        self.count = 0

    def update(self, x: Tensor) -> None:
        self._demand(tuple(x.shape))
        self.count += 1
        self.mean += (x.detach() - self.mean) / self.count

    def snapshot(self) -> np.ndarray:
        return self.mean.numpy().copy()

    def item(self, *index: int) -> float:
        return self.mean[index].item()

    def restore(self, array: np.ndarray, count: int) -> None:
        self._demand(array.shape)
        self.mean.copy_(torch.from_numpy(array))
        self.count = count

    def _demand(self, shape: tuple[int, ...]) -> None:
        wanted = tuple(self.mean.shape)
        if shape != wanted:
            raise ValueError(f"shape {shape} does not fit a mean of shape {wanted}")
