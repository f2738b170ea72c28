import torch
from torch import Tensor


class SoftmaxRegressionScratch:
    def __init__(self, num_inputs: int, num_outputs: int, lr: float = 0.1, sigma: float = 0.01, seed: int = 0) -> None:
        self.lr = lr
        self._generator = torch.Generator().manual_seed(seed)
        self.W = (sigma * torch.randn(num_inputs, num_outputs, generator=self._generator)).requires_grad_()
        self.b = torch.zeros(num_outputs, requires_grad=True)

    def forward(self, X: Tensor) -> Tensor:
        return self._log_probabilities(X).exp()

    def loss(self, X: Tensor, y: Tensor) -> Tensor:
        return -self._log_probabilities(X)[torch.arange(len(y)), y].mean()

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        means = []
        for _ in range(epochs):
            losses = []
            for rows in torch.randperm(len(X), generator=self._generator).split(batch_size):
                loss = self.loss(X[rows], y[rows])
                self.W.grad = self.b.grad = None
                loss.backward()
                with torch.no_grad():
                    self.W -= self.lr * self.W.grad
                    self.b -= self.lr * self.b.grad
                losses.append(loss.item())
            means.append(sum(losses) / len(losses))
        return means

    def predict(self, X: Tensor) -> Tensor:
        return self._log_probabilities(X).argmax(dim=1)

    def _log_probabilities(self, X: Tensor) -> Tensor:
        logits = X.reshape(len(X), -1) @ self.W + self.b
        logits = logits - logits.amax(dim=1, keepdim=True)
        return logits - logits.exp().sum(dim=1, keepdim=True).log()
