"""Python floats for the parameters, dot products for the sums."""

import torch


def model(x, w, b):
    return torch.add(x * w, b)


def objective(y_hat, y):
    if tuple(y_hat.shape) != tuple(y.shape):
        raise ValueError("shapes differ")
    return (torch.dot(y_hat - y, y_hat - y) / len(y)).item()


def gradient(x, y, w, b):
    n, w, b = len(x), float(w), float(b)
    dw = 2 / n * (w * torch.dot(x, x) + b * x.sum() - torch.dot(x, y)).item()
    db = 2 * (w * x.mean() + b - y.mean()).item()
    return dw, db


def fit(x, y, lr, steps):
    parameters = [0.0, 0.0]
    history = []
    for step in range(steps + 1):
        history.append(objective(model(x, *parameters), y))
        if step < steps:
            parameters = [p - lr * g for p, g in zip(parameters, gradient(x, y, *parameters), strict=True)]
    return *parameters, history
