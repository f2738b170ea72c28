"""An nn.Module with parameters; rows are shuffled by random keys."""

import random

import torch
from torch import Tensor, nn


class SGD:
    def __init__(self, params, lr: float) -> None:
        self._params, self._lr = [*params], lr

    @torch.no_grad()
    def step(self) -> None:
        for p in self._params:
            if p.grad is not None:
                p.copy_(p - self._lr * p.grad)

    def zero_grad(self) -> None:
        for p in self._params:
            p.grad = torch.zeros_like(p)


class LinearRegressionScratch(nn.Module):
    def __init__(self, num_inputs: int, lr: float = 0.03, sigma: float = 0.01, seed: int = 0) -> None:
        super().__init__()
        self.random, self.lr = random.Random(seed), lr
        first = [[self.random.gauss(0.0, sigma)] for _ in range(num_inputs)]
        self.w = nn.Parameter(torch.tensor(first))
        self.b = nn.Parameter(torch.zeros(1))

    def forward(self, X: Tensor) -> Tensor:
        return (X * self.w[:, 0]).sum(1, keepdim=True) + self.b

    def loss(self, y_hat: Tensor, y: Tensor) -> Tensor:
        if list(y_hat.shape) != list(y.shape):
            raise ValueError(f"shapes {y_hat.shape} and {y.shape}")
        return (y_hat - y).square().sum() / (2 * y.numel())

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        optimizer = SGD(self.parameters(), self.lr)
        order = list(range(len(X)))
        history = []
        for _ in range(epochs):
            self.random.shuffle(order)
            batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
            history.append(sum(self._update(X[b], y[b], optimizer) for b in batches) / len(batches))
        return history

    def _update(self, X: Tensor, y: Tensor, optimizer: SGD) -> float:
        optimizer.zero_grad()
        loss = self.loss(self.forward(X), y)
        loss.backward()
        optimizer.step()
        return loss.item()
