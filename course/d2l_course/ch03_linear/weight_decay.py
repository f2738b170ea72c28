"""Weight decay: the penalty, its exact solution, and its step (section 3.7)."""

import torch
from torch import Tensor


def l2_penalty(w: Tensor) -> Tensor:
    """Say how large weights are: half the sum of their squares.

    Args:
        w: Weights, of any shape and of a floating dtype. Gradients flow to them.

    Returns:
        |w|^2 / 2, a tensor without axes.

    Example:
        >>> l2_penalty(torch.tensor([3.0, -4.0]))
        tensor(12.5000)

    Book: section 3.7.
    """
    raise NotImplementedError


def fit_ridge(X: Tensor, y: Tensor, lambd: float) -> tuple[Tensor, Tensor]:
    """Find the w and b that minimise (1/n) sum of (x w + b - y)^2 / 2 + lambd |w|^2 / 2, exactly.

    The loss is the mean over rows of half the squared error; the penalty is on w only, never on b: moving all
    targets by 7 must move b by 7 and leave w alone. There is a formula, so do not iterate. With lambd > 0 it has
    one solution even for more inputs than rows.

    Args:
        X: Inputs, [n, d], of a floating dtype.
        y: Targets, [n], of the same dtype.
        lambd: How much the penalty counts, 0 or more. With 0 this is least squares; then you may rely on n > d and
            on inputs that do not depend on each other.

    Returns:
        w, [d], and b, a tensor without axes.

    Raises:
        ValueError: lambd is below 0; the message names its value.

    Example:
        >>> X, y = torch.tensor([[-1.0], [1.0]]), torch.tensor([1.0, 5.0])
        >>> w, b = fit_ridge(X, y, 1.0)  # without the penalty w is 2
        >>> round(w.item(), 4), round(b.item(), 4)
        (1.0, 3.0)

    Book: section 3.7.
    """
    raise NotImplementedError


def sgd_step_with_decay(
    w: Tensor, b: Tensor, grad_w: Tensor, grad_b: Tensor, lr: float, lambd: float
) -> tuple[Tensor, Tensor]:
    """Take one step of gradient descent on a loss plus lambd |w|^2 / 2.

    Write the step out: no optimizer of torch.optim, which has weight decay built in.

    Args:
        w: Weights, of any shape.
        b: Intercept, of any shape; it does not decay.
        grad_w: Gradient of the loss alone, without the penalty, for w.
        grad_b: Gradient of the loss for b.
        lr: The learning rate.
        lambd: How much the penalty counts, 0 or more.

    Returns:
        The new w and b, new tensors in any case; the arguments are left as they are.

    Raises:
        ValueError: lambd is below 0; the message names its value.

    Example:
        >>> one = torch.ones(1)
        >>> w, b = sgd_step_with_decay(10 * one, 10 * one, grad_w=one, grad_b=one, lr=0.5, lambd=0.1)
        >>> round(w.item(), 4), round(b.item(), 4)
        (9.0, 9.5)

    Book: section 3.7.
    """
    raise NotImplementedError
