"""Watching signals and gradients vanish and explode (section 5.4)."""

import math

import torch
from torch import Tensor


def signal_report(weights: list[Tensor], X: Tensor, activation: str) -> tuple[Tensor, Tensor]:
    """Send inputs through a deep network, and measure what arrives at each layer, forwards and backwards.

    The network has no biases: each layer turns h into act(h W^T), the first one starting from X. The loss is the
    mean of the squares of all numbers that the last layer gives.

    Args:
        weights: The matrices W of the layers in order, one or more, each [d, d], of one floating dtype. They are left
            as they are and not marked for autograd.
        X: Inputs, [n, d], of the same dtype.
        activation: "linear" (act changes nothing), "relu", "sigmoid" or "tanh"; it follows every layer, the last too.

    Returns:
        Two tensors with one number for each layer, of the dtype of X: the standard deviation of all numbers that the
        layer gives, after its activation (as `Tensor.std` computes it); and the norm of the loss's gradient for the
        layer's matrix, the root of the sum of its squares.

    Raises:
        ValueError: The activation is none of the four; the message names it.

    Example:
        >>> X, weights = torch.tensor([[1.0], [3.0]]), [torch.tensor([[2.0]]), torch.tensor([[3.0]])]
        >>> signal_report(weights, X, "linear")  # the layers give 2 and 6, then 6 and 18; the loss is 180
        (tensor([2.8284, 8.4853]), tensor([180., 120.]))

    Book: section 5.4.
    """
    raise NotImplementedError


def stable_std(width: int, activation: str) -> float:
    """Say how large random weights must be for a signal to keep its size through many layers.

    Args:
        width: Numbers that go into each unit; weights are drawn with mean 0.
        activation: "linear" or "tanh", which hardly changes small numbers; or "relu", which silences half of them.

    Returns:
        The standard deviation of the weights, a Python float.

    Raises:
        ValueError: Any other activation, "sigmoid" too, for which no deviation will do; the message names it.

    Example:
        >>> stable_std(100, "linear")
        0.1

    Book: section 5.4.
    """
    raise NotImplementedError
