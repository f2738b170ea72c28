import torch
from torch import Tensor


def train(X: Tensor, y: Tensor, lr: float = 0.1, epochs: int = 50) -> tuple[Tensor, Tensor, list[float]]:
    w = torch.zeros(X.shape[1], 1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    y = y.reshape(-1, 1)
    losses = []
    for _ in range(epochs):
        y_hat = X @ w + b
        loss = ((y_hat - y) ** 2).mean() / 2
        w.grad = b.grad = None
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        losses.append(loss.item())
    return w.detach(), b.detach(), losses
