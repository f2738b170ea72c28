import math

import torch


def gaussian_nll(y, mu, sigma):
    if not sigma > 0:
        raise ValueError(f"not a standard deviation: {sigma}")
    if tuple(y.shape) != tuple(mu.shape):
        raise ValueError(f"shapes differ: {tuple(y.shape)} and {tuple(mu.shape)}")
    z = (y - mu) / sigma
    return torch.mean(0.5 * z.square() + 0.5 * math.log(2 * math.pi * sigma**2))


def fit_gaussian_line(X, y):
    means = X.mean(0)
    w = torch.linalg.pinv(X - means) @ (y - y.mean())
    b = y.mean() - means @ w
    return w, b, (y - X @ w - b).std(unbiased=False)
