"""All squared distances between two sets of points, by broadcasting (section 2.1).

Nothing in this file may loop: neither `for` nor `while`, nor a comprehension or generator expression of any length.
"""

import torch
from torch import Tensor


def pairwise_sq_dists(A: Tensor, B: Tensor) -> Tensor:
    """Compute the squared Euclidean distance of every row of A to every row of B.

    Nearest neighbours, k-means and kernels all start with this table. Two nested loops fill it, one number at a
    time; broadcasting fills it in one go, at least fifty times faster. Loops are not allowed, and neither is
    `torch.cdist`. The expanded form |a|^2 + |b|^2 - 2ab is fine, although it loses digits where points lie far
    from 0 and close together.

    A squared distance is a sum of squares: none may come out below zero, not even by rounding. The arguments are
    left as they are.

    Args:
        A: n points, [n, d], of a floating dtype; n may be 0.
        B: m points, [m, d], of the same dtype; m may be 0.

    Returns:
        [n, m], of the same dtype: the number at [i, j] is the sum of (A[i, k] - B[j, k])^2 over k.

    Raises:
        ValueError: The rows of A and B have different lengths; the message names both.

    Example:
        >>> pairwise_sq_dists(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[3.0, 4.0]]))
        tensor([[25.],
                [13.]])

    Book: section 2.1.
    """
    raise NotImplementedError
