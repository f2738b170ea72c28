from collections.abc import Iterable

import torch
from torch import Tensor


class SGD:
    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        self.params, self.lr = list(params), lr

    def step(self) -> None:
        with torch.no_grad():
            for p in self.params:
                if p.grad is not None:
                    p -= self.lr * p.grad

    def zero_grad(self) -> None:
        for p in self.params:
            p.grad = None


class LinearRegressionScratch:
    def __init__(self, num_inputs: int, lr: float = 0.03, sigma: float = 0.01, seed: int = 0) -> None:
        self.lr = lr
        self._generator = torch.Generator().manual_seed(seed)
        self.w = (sigma * torch.randn(num_inputs, 1, generator=self._generator)).requires_grad_()
        self.b = torch.zeros(1, requires_grad=True)

    def forward(self, X: Tensor) -> Tensor:
        return X @ self.w + self.b

    def loss(self, y_hat: Tensor, y: Tensor) -> Tensor:
        if y_hat.shape != y.shape:
            raise ValueError(f"predictions have shape {list(y_hat.shape)}, targets {list(y.shape)}")
        return ((y_hat - y) ** 2).mean() / 2

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        optimizer = SGD([self.w, self.b], self.lr)
        means = []
        for _ in range(epochs):
            losses = []
            for rows in torch.randperm(len(X), generator=self._generator).split(batch_size):
                loss = self.loss(self.forward(X[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            means.append(sum(losses) / len(losses))
        return means
