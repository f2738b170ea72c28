"""Supervised learning in its simplest form: nearest neighbours read handwritten digits (sections 1.3, 1.6)."""

import torch
from torch import Tensor


def knn_predict(X_train: Tensor, y_train: Tensor, X_test: Tensor, k: int = 1) -> Tensor:
    """Label each test row by a vote of the training rows that are nearest to it.

    Nothing is computed beforehand: the training set itself is what was learned. For every test row look for
    the k training rows at the smallest Euclidean distance; the label that most of them carry is the answer. If
    several labels have equally many votes, the smallest of these labels wins.

    Rows may be of any floating dtype, or uint8 as images are stored (0 to 255): the same numbers get the same
    answer. Beware, uint8 has no negative numbers: 3 - 5 is 254 there, and 20 * 20 is 144. In float16 everything above
    65504 is infinite, so 300 * 300 is.

    Args:
        X_train: Training rows, [n, d].
        y_train: Their labels, int64 [n], 0 or more.
        X_test: Test rows, [m, d], of X_train's dtype.
        k: How many neighbours vote.

    Returns:
        One label for each test row, int64 [m].

    Raises:
        ValueError: k is below 1 or above n; the message names k.

    Example:
        >>> X, y = torch.tensor([[0.0], [2.0], [3.0]]), torch.tensor([7, 4, 4])
        >>> knn_predict(X, y, torch.tensor([[0.5], [2.5]])), knn_predict(X, y, torch.tensor([[0.5]]), k=3)
        (tensor([7, 4]), tensor([4]))

    Book: sections 1.3 and 1.6.
    """
    raise NotImplementedError
