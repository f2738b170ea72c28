"""Data, model, objective, optimiser: the four parts of every learner, on the smallest example (sections 1.2, 1.4)."""

import torch
from torch import Tensor


def model(x: Tensor, w: float | Tensor, b: float | Tensor) -> Tensor:
    """The model: a line. Its two parameters say which one.

    Args:
        x: Inputs, [n], of a floating dtype.
        w: Slope, a number or a tensor without axes.
        b: Value at 0, likewise.

    Returns:
        Predictions w * x + b, [n].

    Example:
        >>> model(torch.tensor([1.0, 2.0, 3.0]), 2.0, -1.0)
        tensor([1., 3., 5.])

    Book: section 1.2.
    """
    raise NotImplementedError


def objective(y_hat: Tensor, y: Tensor) -> float | Tensor:
    """The objective: one number that says how bad predictions are, the mean of the squared errors.

    Args:
        y_hat: Predictions, [n].
        y: Targets, [n].

    Returns:
        The mean over the n examples of (y_hat - y) squared, without a factor of one half; a number or a tensor
        without axes.

    Raises:
        ValueError: The shapes differ. ([n] minus [n, 1] would silently become [n, n].)

    Example:
        >>> float(objective(torch.tensor([1.0, 3.0, 5.0]), torch.tensor([1.0, 5.0, 2.0])))  # (0 + 4 + 9) / 3
        4.333333492279053

    Book: section 1.2.
    """
    raise NotImplementedError


def gradient(x: Tensor, y: Tensor, w: float | Tensor, b: float | Tensor) -> tuple[float | Tensor, float | Tensor]:
    """The slope of the objective in each parameter, derived on paper: no autograd here.

    Args:
        x: Inputs, [n].
        y: Targets, [n].
        w: Slope of the line now.
        b: Its value at 0 now.

    Returns:
        (dw, db): how fast the objective rises when w, or b, does; numbers or tensors without axes.

    Example:
        >>> dw, db = gradient(torch.tensor([1.0, 3.0]), torch.tensor([2.0, 2.0]), 1.0, 0.0)  # errors -1 and 1
        >>> float(dw), float(db)
        (2.0, 0.0)

    Book: sections 1.2 and 1.4.
    """
    raise NotImplementedError


def fit(x: Tensor, y: Tensor, lr: float, steps: int) -> tuple[float | Tensor, float | Tensor, list[float]]:
    """The optimiser: gradient descent, the same small step again and again.

    Start at w = b = 0. In each step move both parameters at the same time, each by -lr times its own slope.

    Args:
        x: Inputs, [n]. They are left as they are.
        y: Targets, [n], likewise.
        lr: Learning rate.
        steps: Number of steps; with 0 the parameters stay at 0.

    Returns:
        (w, b, history): the parameters after the last step, as numbers or tensors without axes, and the
        objective before the first and after every step, steps + 1 numbers.

    Example:
        >>> w, b, history = fit(torch.tensor([1.0, -1.0]), torch.tensor([2.0, 0.0]), lr=0.25, steps=2)
        >>> float(w), float(b), [float(value) for value in history]
        (0.75, 0.75, [2.0, 0.5, 0.125])

    Book: sections 1.2 and 1.4.
    """
    raise NotImplementedError
