"""A hidden layer can draw any line with kinks (section 5.1)."""

import torch
from torch import Tensor


def relu_interpolator(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Choose weights, without training, so that a network with one hidden layer draws a line through given points.

    The network maps a number x to W2 relu(W1 x + b1) + b2. It is to pass through all points, to be straight between
    neighbours, and to stay at the first point's height left of it. What it does right of the last point is free. A
    hidden unit bends the line at one place: n points need n - 1 units, and with enough of them any continuous
    function on an interval is met as closely as you like.

    Args:
        xs: The places, [n], of a floating dtype, strictly increasing, n >= 2.
        ys: The heights, [n], of the same dtype.

    Returns:
        W1 [h, 1], b1 [h], W2 [1, h], b2 [1] with h <= n - 1, new tensors of the dtype of xs. The points are left as
            they are.

    Raises:
        ValueError: There are fewer than two points, there are not as many heights as places (the message names both
            numbers), or the places do not strictly increase.

    Example:
        >>> W1, b1, W2, b2 = relu_interpolator(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 5.0]))
        >>> W2 @ torch.relu(W1 @ torch.tensor([1.0]) + b1) + b2  # half way
        tensor([3.])

    Book: section 5.1.
    """
    raise NotImplementedError
