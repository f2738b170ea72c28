"""The squared loss of linear regression and its gradient, for all rows at once (section 3.1)."""

import torch
from torch import Tensor


def squared_loss(X: Tensor, y: Tensor, w: Tensor, b: Tensor | float) -> Tensor:
    """Say how far the predictions X w + b are from the targets: the mean over rows of half the squared error.

    Write it out in tensor arithmetic: no ready-made loss such as mse_loss. The half is there so that it cancels when
    you differentiate. Let torch go through the rows: one operation
    on whole tensors is hundreds of times faster than a Python loop, and a check measures that.

    Args:
        X: Inputs, one row for each example, [n, d], of a floating dtype.
        y: Targets, [n], of the same dtype.
        w: Weights, [d].
        b: Intercept, a number or a tensor without axes.

    Returns:
        The loss, a tensor without axes.

    Raises:
        ValueError: y is not of shape [n], whatever n is; the message names the shape it has. A y of shape [n, 1] would
            otherwise turn the difference into an n x n matrix without a word.

    Example:
        >>> X, y = torch.tensor([[1.0, 2.0], [0.0, 1.0]]), torch.tensor([3.0, 0.0])
        >>> squared_loss(X, y, torch.tensor([1.0, 1.0]), 1.0)  # residuals 1 and 2
        tensor(1.2500)

    Book: section 3.1.
    """
    raise NotImplementedError


def loss_gradient(X: Tensor, y: Tensor, w: Tensor, b: Tensor | float) -> tuple[Tensor, Tensor]:
    """Differentiate `squared_loss` by w and by b: on paper first, then in matrix form, without autograd.

    Arguments are left as they are.

    Args:
        X: As for `squared_loss`.
        y: As for `squared_loss`.
        w: As for `squared_loss`.
        b: As for `squared_loss`.

    Returns:
        The gradient for w, [d], and the one for b, a tensor without axes.

    Raises:
        ValueError: As for `squared_loss`.

    Example:
        >>> X, y = torch.tensor([[1.0, 2.0], [0.0, 1.0]]), torch.tensor([3.0, 0.0])
        >>> loss_gradient(X, y, torch.tensor([1.0, 1.0]), 1.0)
        (tensor([0.5000, 2.0000]), tensor(1.5000))

    Book: section 3.1.
    """
    raise NotImplementedError
