from math import isnan, log, pi

import torch
from torch import Tensor


def gaussian_nll(y: Tensor, mu: Tensor, sigma: float) -> Tensor:
    if sigma <= 0 or isnan(sigma):
        raise ValueError(f"{sigma=}")
    if y.shape != mu.shape:
        raise ValueError(f"{y.shape=} {mu.shape=}")
    precision = sigma**-2
    logs = [-0.5 * (t - m) ** 2 * precision - 0.5 * log(2 * pi) + 0.5 * log(precision) for t, m in zip(y, mu)]
    return -sum(logs) / len(logs)


def fit_gaussian_line(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    A = torch.nn.functional.pad(X, (0, 1), value=1.0).double()
    theta = torch.linalg.solve(A.T @ A, A.T @ y.double())
    variance = torch.dot(y - A @ theta, y - A @ theta) / len(y)
    theta = theta.to(X.dtype)
    return theta[:-1], theta[-1], variance.sqrt().to(X.dtype)
