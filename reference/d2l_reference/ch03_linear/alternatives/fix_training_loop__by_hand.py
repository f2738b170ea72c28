"""The gradient on paper instead of autograd."""

import torch


def train(X, y, lr=0.1, epochs=50):
    w, b, losses = torch.zeros(X.shape[1], 1), torch.zeros(1), []
    target = y.view(len(y), 1) if y.is_contiguous() else y.reshape(len(y), 1)
    for _ in range(epochs):
        r = X @ w + b - target
        losses.append((r.square().mean() / 2).item())
        w, b = w - lr * X.T @ r / len(r), b - lr * r.mean(0)
    return w, b, losses
