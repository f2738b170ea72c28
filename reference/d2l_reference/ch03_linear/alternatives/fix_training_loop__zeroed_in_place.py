import torch
from torch import Tensor, nn


def train(X: Tensor, y: Tensor, lr: float = 0.1, epochs: int = 50) -> tuple[Tensor, Tensor, list[float]]:
    w = torch.zeros(X.shape[1], 1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    if y.dim() == 1:
        y = y.unsqueeze(-1)
    losses = torch.empty(epochs)
    for epoch in range(epochs):
        loss = nn.functional.mse_loss(X @ w + b, y) / 2
        loss.backward()
        for p in (w, b):
            p.data -= lr * p.grad
            p.grad.zero_()
        losses[epoch] = loss.detach()
    return w.data, b.data, losses.tolist()
