import math

import torch
from torch import Tensor


def gaussian_nll(y: Tensor, mu: Tensor, sigma: float) -> Tensor:
    # Written this way round, NaN is refused as well.
    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, but is {sigma}")
    if y.shape != mu.shape:
        raise ValueError(f"y has shape {list(y.shape)}, mu has {list(mu.shape)}")
    constant = math.log(2 * math.pi) / 2 + math.log(sigma)
    return constant + ((y - mu) ** 2).mean() / (2 * sigma**2)


def fit_gaussian_line(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # The intercept is the weight of an input that is always 1.
    A = torch.cat([X, X.new_ones(len(X), 1)], dim=1)
    theta = torch.linalg.lstsq(A, y[:, None]).solution[:, 0]
    residuals = y - A @ theta
    return theta[:-1], theta[-1], (residuals**2).mean().sqrt()
