"""A machine learns if it gets better with experience: measure it (sections 1.5, 1.8)."""

import torch
from torch import Tensor


def nearest_mean_predict(X_train: Tensor, y_train: Tensor, X_test: Tensor, num_classes: int) -> Tensor:
    """Classify by the nearest class mean, a learner simple enough to be trained a hundred times.

    The mean of its training rows stands for a class; a test row belongs to the class whose mean is nearest
    (Euclidean distance, equal distances are not tested). A class without any training row is never the answer.

    Args:
        X_train: Training rows, [n, d], of a floating dtype, n at least 1.
        y_train: Their classes, int64 [n], from 0 to num_classes - 1. Some classes may be missing.
        X_test: Test rows, [m, d].
        num_classes: Number of classes.

    Returns:
        The class of each test row, int64 [m].

    Example:
        >>> X, y = torch.tensor([[0.0], [2.0], [9.0]]), torch.tensor([0, 0, 2])
        >>> nearest_mean_predict(X, y, torch.tensor([[4.0], [6.0]]), num_classes=3)
        tensor([0, 2])

    Book: section 1.5.
    """
    raise NotImplementedError


def learning_curve(
    X_train: Tensor, y_train: Tensor, X_test: Tensor, y_test: Tensor, sizes: list[int], repeats: int, seed: int
) -> Tensor:
    """Measure how well `nearest_mean_predict` does after seeing more and more rows.

    For each size draw `repeats` random subsets of the training rows, each without putting rows back, train on
    each, and take the mean of the accuracies on *all test rows*. The training rows may be sorted by class: the
    first rows are no random subset.

    The result depends on the arguments alone: the same seed gives the same curve, another seed other subsets (no two
    seeds, such as 0 and 1, have their draws in common).
    torch's global generator is left where it is.

    Args:
        X_train: Training rows, [n, d].
        y_train: Their classes, int64 [n]; the classes are 0 to the largest label here.
        X_test: Test rows, [m, d].
        y_test: Their classes, int64 [m].
        sizes: Sizes of the subsets.
        repeats: Number of subsets of each size.
        seed: Of the draws.

    Returns:
        The mean accuracy for each size, a floating tensor [len(sizes)], from 0 to 1.

    Raises:
        ValueError: A size is below 1 or above n; the message names it.

    Example:
        >>> X, y = torch.tensor([[0.0], [1.0], [5.0], [6.0]]), torch.tensor([0, 0, 1, 1])
        >>> learning_curve(X, y, X, y, sizes=[1, 4], repeats=2, seed=0)  # one row knows one class only
        tensor([0.5000, 1.0000])

    Book: sections 1.5 and 1.8.
    """
    raise NotImplementedError
