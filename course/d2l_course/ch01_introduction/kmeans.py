"""Unsupervised learning: find groups in data that nobody has labelled (section 1.3)."""

import torch
from torch import Tensor


def kmeans(X: Tensor, init: Tensor, steps: int) -> tuple[Tensor, Tensor, list[float]]:
    """Find the middles of k groups by Lloyd's algorithm.

    Every step has two halves. First each row of X goes to the centre that is nearest to it (of centres equally
    far away, to the one with the smallest number). Then each centre moves to the mean of its rows. A centre to
    which no row has gone stays where it is.

    The inertia measures how good the centres are: the sum, over all rows, of the squared Euclidean distance to
    the nearest centre. No step can make it larger.

    Arguments are left as they are; the result has memory of its own.

    Args:
        X: Rows to be grouped, [n, d], of a floating dtype.
        init: Where the centres start, [k, d], of the same dtype.
        steps: Number of steps.

    Returns:
        centers: Where the centres are after the last step, [k, d].
        assignment: For each row, the number of the nearest of *these* centres, int64 [n].
        inertia: After each step, with the centres moved, the inertia; a list of `steps` Python floats.

    Example:
        >>> X = torch.tensor([[0.0], [2.0], [3.0], [7.0]])
        >>> centers, assignment, inertia = kmeans(X, init=torch.tensor([[0.0], [1.0]]), steps=1)
        >>> centers.tolist(), assignment.tolist(), inertia
        ([[0.0], [4.0]], [0, 0, 1, 1], [14.0])

    Book: section 1.3.
    """
    raise NotImplementedError
