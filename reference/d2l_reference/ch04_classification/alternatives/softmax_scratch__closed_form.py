import torch
from torch import Tensor


class SoftmaxRegressionScratch:
    def __init__(self, num_inputs, num_outputs, lr=0.1, sigma=0.01, seed=0):
        self.lr, self.seed = lr, seed
        self.W = torch.empty(num_inputs, num_outputs)
        self.W.normal_(0, 1, generator=torch.Generator().manual_seed(seed)).mul_(sigma)
        self.b = torch.zeros(num_outputs)

    def logits(self, X):
        return torch.addmm(self.b, X.flatten(1), self.W)

    def forward(self, X: Tensor) -> Tensor:
        O = self.logits(X)  # noqa: E741
        return (O - O.logsumexp(1, keepdim=True)).exp()

    def loss(self, X: Tensor, y: Tensor) -> Tensor:
        O = self.logits(X)  # noqa: E741
        return (O.logsumexp(1) - O.gather(1, y[:, None]).squeeze(1)).mean()

    def fit(self, X, y, batch_size, epochs):
        X = X.flatten(1)
        onehot = (y[:, None] == torch.arange(len(self.b))).float()
        generator = torch.Generator().manual_seed(self.seed + 1)
        history = []
        for _ in range(epochs):
            order, total, count = torch.randperm(len(X), generator=generator), 0.0, 0
            for start in range(0, len(X), batch_size):
                rows = order[start : start + batch_size]
                total, count = total + float(self.loss(X[rows], y[rows])), count + 1
                error = (self.forward(X[rows]) - onehot[rows]) / len(rows)
                self.W = self.W - self.lr * (X[rows].T @ error)
                self.b = self.b - self.lr * error.sum(0)
            history.append(total / count)
        return history

    def predict(self, X: Tensor) -> Tensor:
        return self.logits(X).max(1).indices
