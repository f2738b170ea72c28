"""Matrix product, norms and normalised rows, from elementwise operations and sums (section 2.3)."""

import math

import torch
from torch import Tensor


def matmul(A: Tensor, B: Tensor) -> Tensor:
    """Multiply two matrices by elementwise multiplication and addition alone.

    Number [i, j] of the product is the sum of A[i, l] * B[l, j] over l. torch's own products (@, mm, einsum,
    dot ...) are not allowed here. Gradients flow to both arguments.

    Args:
        A: [n, k], of a floating dtype.
        B: [k, m], of the same dtype.

    Returns:
        [n, m], of the same dtype.

    Raises:
        ValueError: A has another number of columns than B has rows; the message names both.

    Example:
        >>> matmul(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 0.0], [4.0, 1.0]]))
        tensor([[11.,  2.]])

    Book: section 2.3.
    """
    raise NotImplementedError


def vector_norm(x: Tensor, p: float = 2.0) -> Tensor:
    """Measure a vector: the p-th root of the sum of |x_i|^p, or the largest |x_i| for p = infinity.

    The result is right whenever it fits into x's dtype, even where the p-th powers would not: [3e25, 4e25]
    has the 2-norm 5e25 in float32, and [3e-25, 4e-25] has 5e-25. In float64 it has the digits of float64.

    Args:
        x: [n], n at least 1, of dtype float32 or float64, with finite numbers, which may all be negative.
        p: At least 1; may be `math.inf`.

    Returns:
        The norm, a tensor without axes, of x's dtype; 0 for a vector of zeros.

    Raises:
        ValueError: p is below 1; the message names its value.

    Example:
        >>> vector_norm(torch.tensor([3.0, -4.0])), vector_norm(torch.tensor([3.0, -4.0]), p=1)
        (tensor(5.), tensor(7.))

    Book: section 2.3.
    """
    raise NotImplementedError


def frobenius_norm(A: Tensor) -> Tensor:
    """Measure a matrix: the root of the sum of the squares of all its numbers, as safely as `vector_norm`.

    Args:
        A: [n, m], of dtype float32 or float64, with at least one number.

    Returns:
        The norm, a tensor without axes, of A's dtype.

    Example:
        >>> frobenius_norm(torch.tensor([[1.0, 2.0], [4.0, 2.0]]))
        tensor(5.)

    Book: section 2.3.
    """
    raise NotImplementedError


def normalize_rows(A: Tensor) -> Tensor:
    """Divide every row by its sum, so that it adds up to 1.

    Args:
        A: [n, m], of a floating dtype, no row of which adds up to 0, however small the
            sums are; it is left as it is.

    Returns:
        [n, m], of A's dtype.

    Example:
        >>> normalize_rows(torch.tensor([[1.0, 3.0], [2.0, 2.0]]))
        tensor([[0.2500, 0.7500],
                [0.5000, 0.5000]])

    Book: section 2.3.
    """
    raise NotImplementedError
