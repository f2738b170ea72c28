import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MLPScratch(nn.Module):
    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        num_hiddens: int,
        lr: float = 0.1,
        sigma: float = 0.01,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.lr = lr
        self._generator = torch.Generator().manual_seed(seed)
        self.W1 = nn.Parameter(sigma * torch.randn(num_inputs, num_hiddens, generator=self._generator))
        self.b1 = nn.Parameter(torch.zeros(num_hiddens))
        self.W2 = nn.Parameter(sigma * torch.randn(num_hiddens, num_outputs, generator=self._generator))
        self.b2 = nn.Parameter(torch.zeros(num_outputs))

    def forward(self, X: Tensor) -> Tensor:
        hidden = torch.relu(X.flatten(1) @ self.W1 + self.b1)
        return hidden @ self.W2 + self.b2

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        means = []
        for _ in range(epochs):
            losses = []
            for rows in torch.randperm(len(X), generator=self._generator).split(batch_size):
                loss = F.cross_entropy(self(X[rows]), y[rows])
                self.zero_grad()
                loss.backward()
                with torch.no_grad():
                    for p in self.parameters():
                        p -= self.lr * p.grad
                losses.append(loss.item())
            means.append(sum(losses) / len(losses))
        return means
