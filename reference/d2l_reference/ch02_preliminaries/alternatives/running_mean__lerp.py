import numpy as np
import torch
from torch import Tensor


class RunningMean:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.mean = torch.zeros(shape)
        self.count = 0

    def update(self, x: Tensor) -> None:
        if x.shape != self.mean.shape:
            raise ValueError(f"{tuple(x.shape)} is not {tuple(self.mean.shape)}")
        self.count += 1
        self.mean.lerp_(x.detach().to(self.mean.dtype), 1 / self.count)

    def snapshot(self) -> np.ndarray:
        return self.mean.clone().numpy()

    def item(self, *index: int) -> float:
        return float(self.mean[index])

    def restore(self, array: np.ndarray, count: int) -> None:
        values = torch.tensor(array)
        if values.shape != self.mean.shape:
            raise ValueError(f"{tuple(values.shape)} is not {tuple(self.mean.shape)}")
        self.mean[...] = values
        self.count = count
