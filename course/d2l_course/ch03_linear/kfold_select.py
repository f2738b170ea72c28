"""Underfitting, overfitting, and how cross-validation finds a way between (section 3.6)."""

import torch
from torch import Tensor


def k_fold(n: int, k: int, seed: int) -> list[tuple[Tensor, Tensor]]:
    """Cut n examples into k folds; each is held out once, while the others are trained on.

    The folds are disjoint, together they hold every example, and their sizes differ by at most 1. Which examples a
    fold holds is random: data often come sorted, and a fold must not consist of one kind. The seed decides it. Cut them
    yourself, without sklearn.

    Args:
        n: Number of examples.
        k: Number of folds.
        seed: The same seed gives the same folds, another seed others.

    Returns:
        k pairs (training, validation) of int64 tensors that hold numbers of examples, in any order.

    Raises:
        ValueError: k is below 2 or above n; the message names its value.

    Example:
        >>> [(len(training), len(validation)) for training, validation in k_fold(11, 4, seed=0)]
        [(8, 3), (8, 3), (8, 3), (9, 2)]

    Book: section 3.6.
    """
    raise NotImplementedError


def poly_errors(x_train: Tensor, y_train: Tensor, x_val: Tensor, y_val: Tensor, degree: int) -> tuple[Tensor, Tensor]:
    """Fit a polynomial to the training data by least squares, and say how well it does on both parts.

    How you solve least squares is up to you: any function of torch or numpy will do, and any basis.

    Args:
        x_train: Inputs, [n], float64, between -1 and 1.
        y_train: Targets, [n], float64.
        x_val: Inputs that the fit must not see, [m], float64.
        y_val: Targets that the fit must not see, [m], float64.
        degree: Degree of the polynomial, 0 or more and below n; degree 2 has three coefficients.

    Returns:
        The mean squared errors on the training and on the validation data, tensors without axes.

    Example:
        >>> x = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
        >>> train, val = poly_errors(x, x**2, torch.tensor([0.5]).double(), torch.tensor([1.0]).double(), degree=0)
        >>> round(train.item(), 4), round(val.item(), 4)  # the constant 2/3
        (0.2222, 0.1111)

    Book: section 3.6.
    """
    raise NotImplementedError


def select_degree(x: Tensor, y: Tensor, degrees: list[int], k: int, seed: int) -> tuple[int, Tensor]:
    """Choose the degree that does best on data it was not fitted to, by k-fold cross-validation.

    Args:
        x: Inputs, [n], float64, between -1 and 1.
        y: Targets, [n], float64.
        degrees: Degrees to try.
        k: Number of folds.
        seed: Seed of the folds, which are those of `k_fold(n, k, seed)`, the same for every degree.

    Returns:
        The degree with the smallest cross-validation error (of several, the one that comes first in `degrees`), and
        the cross-validation error of every degree, [len(degrees)]: the validation error averaged over the k folds.

    Raises:
        ValueError: As for `k_fold`.

    Example:
        >>> x = torch.linspace(-1, 1, 12, dtype=torch.float64)
        >>> select_degree(x, 1 - x**2, [0, 1, 2], k=3, seed=0)[0]
        2

    Book: section 3.6.
    """
    raise NotImplementedError
