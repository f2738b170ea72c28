"""Both parameters in one vector, in double precision, moved in place."""

import torch
import torch.nn.functional as F


class ShapeError(ValueError):
    pass


def model(x, w, b):
    return torch.stack([x, torch.ones_like(x)], dim=1) @ torch.tensor([float(w), float(b)], dtype=x.dtype)


def objective(y_hat, y):
    if y_hat.size() != y.size():
        raise ShapeError(y_hat.size(), y.size())
    return F.mse_loss(y_hat, y)


def gradient(x, y, w, b):
    A = torch.stack([x, torch.ones_like(x)])
    return tuple(A @ (model(x, w, b) - y) * (2 / x.numel()))


def fit(x, y, lr, steps):
    x, y = x.double(), y.double()
    theta = torch.zeros(2, dtype=torch.float64)
    history = [objective(model(x, *theta), y)]
    while len(history) <= steps:
        theta -= lr * torch.stack(gradient(x, y, *theta))
        history.append(objective(model(x, *theta), y))
    return theta[0], theta[1], history
