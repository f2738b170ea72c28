"""New parameters after each step; random numbers from Python; rows shuffled by random keys."""

import random

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MLPScratch(nn.Module):
    NAMES = ("W1", "b1", "W2", "b2")

    def __init__(
        self, num_inputs: int, num_outputs: int, num_hiddens: int, lr: float = 0.1, sigma: float = 0.01, seed: int = 0
    ) -> None:
        super().__init__()
        self.random, self.lr = random.Random(seed), lr

        def gauss(rows: int, columns: int) -> nn.Parameter:
            numbers = [self.random.gauss(0.0, sigma) for _ in range(rows * columns)]
            return nn.Parameter(torch.tensor(numbers).view(rows, columns))

        self.register_parameter("W1", gauss(num_inputs, num_hiddens))
        self.register_parameter("W2", gauss(num_hiddens, num_outputs))
        self.b1 = nn.Parameter(torch.full((num_hiddens,), 0.0))
        self.b2 = nn.Parameter(torch.full((num_outputs,), 0.0))
        self.activation = nn.ReLU()

    def forward(self, X: Tensor) -> Tensor:
        rows = nn.Flatten()(X)
        return self.activation(rows.matmul(self.W1) + self.b1).matmul(self.W2) + self.b2

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        history = []
        self.zero_grad()  # the first step only: new parameters have no gradients
        for _ in range(epochs):
            order = sorted(range(len(X)), key=lambda _: self.random.random())
            losses = []
            while order:
                rows, order = order[:batch_size], order[batch_size:]
                losses.append(self._step(X[rows], y[rows]))
            history.append(torch.stack(losses).mean().item())
        return history

    def _step(self, X: Tensor, y: Tensor) -> Tensor:
        loss = F.cross_entropy(self(X), y)
        loss.backward()
        for name in self.NAMES:
            p = getattr(self, name)
            setattr(self, name, nn.Parameter((p - self.lr * p.grad).detach()))
        return loss.detach()
