"""Roots: Rosenblatt's perceptron of 1958, the first machine that learned from examples one by one (section 1.4)."""

import torch
from torch import Tensor


def perceptron(X: Tensor, y: Tensor, max_epochs: int) -> tuple[Tensor, float | Tensor, int]:
    """Find a line (a plane, a hyperplane) that has the examples of one class on one side, the others on the other.

    The score of a row x is w·x + b, and its sign is the answer. Start with w and b at 0, and go through the
    rows in their order. If a row is on the wrong side, or on the line, that is, if y_i (w·x_i + b) <= 0, turn the
    line at once: add y_i x_i to w and y_i to b. That is one update. Rows on the right side change nothing.

    One pass through all rows is an epoch. Stop after an epoch without an update, since then every row is right,
    or after `max_epochs` epochs: where no line separates the classes the updates would never end.

    Args:
        X: The examples, one a row, [n, d], of a floating dtype. Left as it is.
        y: Their classes, [n]: each is -1 or +1, of any dtype. Left as it is.
        max_epochs: How many passes are made at most; with 0 nothing is learned.

    Returns:
        w: The weights, [d], of X's dtype.
        b: The bias, a number or a tensor without axes.
        updates: How often the line was turned.

    Raises:
        ValueError: A label is neither -1 nor +1; the message names it.

    Example:
        >>> w, b, updates = perceptron(torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([1, -1]), max_epochs=9)
        >>> w.tolist(), float(b), updates  # both rows in the first epoch; none in the second
        ([2.0, -1.0], 0.0, 2)

    Book: section 1.4.
    """
    raise NotImplementedError
