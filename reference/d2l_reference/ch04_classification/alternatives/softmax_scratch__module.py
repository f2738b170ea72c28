import torch
from torch import Tensor, nn


class SoftmaxRegressionScratch(nn.Module):
    def __init__(self, num_inputs: int, num_outputs: int, lr: float = 0.1, sigma: float = 0.01, seed: int = 0) -> None:
        super().__init__()
        self.lr, self.random = lr, torch.Generator().manual_seed(seed)
        self.W = nn.Parameter(torch.normal(0.0, sigma, (num_inputs, num_outputs), generator=self.random))
        self.b = nn.Parameter(torch.zeros(num_outputs))

    def logits(self, X: Tensor) -> Tensor:
        return X.flatten(1) @ self.W + self.b

    def forward(self, X: Tensor) -> Tensor:
        scores = self.logits(X)
        return torch.exp(scores - torch.logsumexp(scores, 1, keepdim=True))

    def loss(self, X: Tensor, y: Tensor) -> Tensor:
        scores = self.logits(X)
        return torch.mean(torch.logsumexp(scores, 1) - scores[range(len(y)), y])

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        return [self._epoch(X, y, batch_size) for _ in range(epochs)]

    def predict(self, X: Tensor) -> Tensor:
        return self(X).argmax(1)

    def _epoch(self, X: Tensor, y: Tensor, batch_size: int) -> float:
        losses = []
        for rows in torch.rand(len(X), generator=self.random).argsort().split(batch_size):
            self.zero_grad()
            loss = self.loss(X[rows], y[rows])
            loss.backward()
            for parameter in self.parameters():
                parameter.data -= self.lr * parameter.grad
            losses.append(loss.item())
        return sum(losses) / len(losses)
