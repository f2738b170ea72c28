import torch
from torch import Tensor


class SoftmaxRegressionScratch:
    def __init__(self, num_inputs: int, num_outputs: int, lr: float = 0.1, sigma: float = 0.01, seed: int = 0) -> None:
        self.lr, self.random = lr, torch.Generator()
        self.random.manual_seed(seed)
        self.W = torch.empty(num_inputs, num_outputs).normal_(0.0, sigma, generator=self.random)
        self.b = torch.zeros(num_outputs)

    def logits(self, X: Tensor) -> Tensor:
        return torch.addmm(self.b, X.flatten(start_dim=1), self.W)

    def forward(self, X: Tensor) -> Tensor:
        scores = self.logits(X)
        weights = (scores - scores.max(dim=-1, keepdim=True).values).exp()
        return weights / weights.sum(dim=-1, keepdim=True)

    def loss(self, X: Tensor, y: Tensor) -> Tensor:
        scores = self.logits(X)
        return (scores.logsumexp(dim=1) - scores.gather(1, y.unsqueeze(1)).squeeze(1)).mean()

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        history = []
        for _ in range(epochs):
            order = torch.randperm(X.shape[0], generator=self.random)
            X, y = X[order], y[order]
            total, count = 0.0, 0
            for start in range(0, X.shape[0], batch_size):
                self.W.requires_grad_()
                self.b.requires_grad_()
                loss = self.loss(X[start : start + batch_size], y[start : start + batch_size])
                dW, db = torch.autograd.grad(loss, [self.W, self.b])
                self.W, self.b = self.W.detach() - self.lr * dW, self.b.detach() - self.lr * db
                total, count = total + float(loss), count + 1
            history.append(total / count)
        return history

    @torch.no_grad()
    def predict(self, X: Tensor) -> Tensor:
        return self.forward(X).max(dim=1).indices
