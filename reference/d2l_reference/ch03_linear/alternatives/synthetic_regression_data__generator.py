from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor


class SyntheticRegressionData:
    def __init__(
        self,
        w: Tensor,
        b: float,
        noise: float = 0.01,
        num_train: int = 1000,
        num_val: int = 1000,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"a batch of {batch_size} rows?")
        self.rng = np.random.default_rng(seed)
        rows = num_train + num_val
        self.X = torch.from_numpy(self.rng.standard_normal((rows, len(w)), dtype=np.float32))
        self.y = torch.zeros(rows, 1)
        for i in range(rows):
            self.y[i, 0] = torch.dot(self.X[i], w) + b + noise * self.rng.standard_normal()
        self.train_rows, self.val_rows = list(range(num_train)), list(range(num_train, rows))
        self.batch_size = batch_size

    def get_dataloader(self, train: bool) -> Iterator[tuple[Tensor, Tensor]]:
        rows = self.rng.permutation(self.train_rows).tolist() if train else self.val_rows
        for start in range(0, len(rows), self.batch_size):
            batch = rows[start : start + self.batch_size]
            yield self.X[batch], self.y[batch]
