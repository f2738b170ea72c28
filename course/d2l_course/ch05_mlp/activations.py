"""Activation functions whose values and slopes survive large inputs (section 5.2).

Write all four yourself: with torch.exp, log, logaddexp, abs, where, clamp, maximum and minimum, comparisons and
arithmetic, and the like. What computes an activation function for you, softmax included, is not allowed.
"""

import torch
from torch import Tensor


def relu(x: Tensor) -> Tensor:
    """Keep what is positive and make the rest 0.

    Args:
        x: Numbers, of any shape and of a floating dtype. Gradients flow to it; it is left as it is.

    Returns:
        max(x, 0), a new tensor of the same shape and dtype. The slope is 1 above 0 and 0 below; at 0 anything from
        0 to 1 will do.

    Example:
        >>> relu(torch.tensor([-2.0, 3.0]))
        tensor([0., 3.])

    Book: section 5.2.
    """
    raise NotImplementedError


def sigmoid(x: Tensor) -> Tensor:
    """Squash numbers into the interval from 0 to 1: 1 / (1 + exp(-x)).

    Values and gradients must be right and finite for |x| up to 10000; small values keep their digits, so sigmoid(-50)
    is exp(-50), not 0.

    Args:
        x: Numbers, of any shape and of a floating dtype.

    Returns:
        The values, a new tensor of the same shape and dtype. The slope at 0 is 1/4.

    Example:
        >>> sigmoid(torch.tensor([0.0, 10000.0]))
        tensor([0.5000, 1.0000])

    Book: section 5.2.
    """
    raise NotImplementedError


def tanh(x: Tensor) -> Tensor:
    """Squash numbers into the interval from -1 to 1: (1 - exp(-2x)) / (1 + exp(-2x)).

    Values and gradients must be right and finite for |x| up to 10000; in float64, tanh(12) is 1 - 7.6e-11, not 1.

    Args:
        x: Numbers, of any shape and of a floating dtype.

    Returns:
        The values, a new tensor of the same shape and dtype. The slope at 0 is 1.

    Example:
        >>> tanh(torch.tensor([0.0, 10000.0]))
        tensor([0., 1.])

    Book: section 5.2.
    """
    raise NotImplementedError


def prelu(x: Tensor, a: Tensor) -> Tensor:
    """Keep what is positive and multiply the rest with a slope that can be learned.

    Args:
        x: Numbers, of any shape and of a floating dtype.
        a: The slope below 0, a tensor without axes, of the same dtype. Gradients flow to it as well.

    Returns:
        max(x, 0) + a min(x, 0), a new tensor of the shape and dtype of x.

    Example:
        >>> prelu(torch.tensor([-2.0, 3.0]), torch.tensor(0.5))
        tensor([-1.,  3.])

    Book: section 5.2.
    """
    raise NotImplementedError
