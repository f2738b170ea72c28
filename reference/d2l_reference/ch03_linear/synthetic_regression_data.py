from collections.abc import Iterable

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
            raise ValueError(f"batch_size must be at least 1, but is {batch_size}")
        self.num_train, self.batch_size = num_train, batch_size
        self._generator = torch.Generator().manual_seed(seed)
        n = num_train + num_val
        self.X = torch.randn(n, len(w), generator=self._generator)
        self.y = self.X @ w[:, None] + b + noise * torch.randn(n, 1, generator=self._generator)

    def get_dataloader(self, train: bool) -> Iterable[tuple[Tensor, Tensor]]:
        if train:
            rows = torch.randperm(self.num_train, generator=self._generator)
        else:
            rows = torch.arange(self.num_train, len(self.X))
        # Without rows, split gives one empty batch.
        return [(self.X[batch], self.y[batch]) for batch in rows.split(self.batch_size) if len(batch)]
