"""Squared loss is the likelihood of a line with normally distributed noise (section 3.1)."""

import math

import torch
from torch import Tensor


def gaussian_nll(y: Tensor, mu: Tensor, sigma: float) -> Tensor:
    """Mean negative log-likelihood of targets under normal distributions with means mu and one deviation sigma.

    Take the logarithm on paper, then code what is left in tensor arithmetic, without torch.distributions or a
    ready-made likelihood: a density that is computed first underflows to 0 a few
    dozen sigma away from the mean, and the logarithm of 0 is -inf. Arguments are left as they are, and gradients
    flow to mu.

    Args:
        y: Targets, [n], of a floating dtype.
        mu: Means, [n], of the same dtype.
        sigma: The standard deviation (not the variance), above 0.

    Returns:
        -log p(y | mu, sigma), averaged over the n targets: a tensor without axes.

    Raises:
        ValueError: sigma is not above 0 (NaN is not either), or y and mu differ in shape; the message names the value
            of sigma, or both shapes.

    Example:
        >>> gaussian_nll(torch.tensor([0.0, 3.0]), torch.tensor([0.0, 1.0]), 1.0)  # log(2 pi) / 2 + (0 + 4) / 4
        tensor(1.9189)

    Book: section 3.1.
    """
    raise NotImplementedError


def fit_gaussian_line(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Find the w, b and sigma that make the targets most likely: y = X w + b + sigma * standard normal noise.

    For every sigma, the likeliest w and b are those of least squares. Given them, the likeliest sigma has a formula
    of its own: set the derivative of the negative log-likelihood by sigma to 0.

    Args:
        X: Inputs, [n, d], of a floating dtype, n > d.
        y: Targets, [n], of the same dtype.

    Returns:
        w, [d]; b and sigma, tensors without axes. All minimise `gaussian_nll(y, X @ w + b, sigma)`.

    Example:
        >>> X, y = torch.tensor([[0.0], [1.0], [2.0], [3.0]]), torch.tensor([2.0, 2.0, 4.0, 8.0])
        >>> w, b, sigma = fit_gaussian_line(X, y)  # the line 1 + 2 x, missed by 1, -1, -1, 1
        >>> round(w.item(), 3), round(b.item(), 3), round(sigma.item(), 3)
        (2.0, 1.0, 1.0)

    Book: section 3.1.
    """
    raise NotImplementedError
