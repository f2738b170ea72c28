"""The gradient of a function by differences, without knowing what is inside (section 2.4)."""

from collections.abc import Callable

import torch
from torch import Tensor


def numerical_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-4) -> Tensor:
    """Estimate every partial derivative of f at x by a central difference.

    For coordinate i, f is called at x with x_i moved by +h and with x_i moved by -h, all others where they
    are; the difference of the two values is divided by the distance of the two points. Its error shrinks with
    h squared, that of a one-sided difference only with h. Numbers of f are subtracted that agree in many
    digits, so everything is computed in float64, whatever x's dtype is.

    This is how gradients are tested, so autograd is not allowed here. f is called exactly twice for each
    coordinate.

    Args:
        f: Takes a float64 tensor of x's shape and returns a single number: a float, or a tensor without
            axes, which may be a view of what it was given. It may use weights that require gradients.
        x: The point, of any shape and of any dtype that holds real numbers, integers too; it is left as it is.
        h: How far a coordinate is moved.

    Returns:
        The gradient, float64, of x's shape; it belongs to no graph, whatever f uses.

    Example:
        >>> gradient = numerical_gradient(lambda x: x[0] * x[1], torch.tensor([3, 5]))
        >>> gradient.round(decimals=4)
        tensor([5., 3.], dtype=torch.float64)

    Book: section 2.4.
    """
    raise NotImplementedError
