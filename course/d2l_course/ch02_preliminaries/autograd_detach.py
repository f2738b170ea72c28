"""Autograd without side effects, and a gradient that is led past an obstacle (section 2.5)."""

from collections.abc import Callable

import torch
from torch import Tensor


def value_and_grad(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[float, Tensor]:
    """Compute f(x) and the gradient of f at x, and leave no trace.

    Calling `backward()` on the caller's tensors would fill their `.grad`, add to what is there already, and do
    the same to every weight that f uses. Here, nothing is changed: x keeps its `requires_grad` and its `.grad`,
    all other tensors keep their `requires_grad` and their `.grad`, and the same call gives the same answer again
    and again. The gradient belongs to no graph. torch.func and torch.autograd.functional have such functions
    ready-made and are not allowed here: detach, and ask `torch.autograd.grad` or `backward`.

    Args:
        f: Takes a tensor like x and returns a tensor with a single number. It may use other tensors that
            require gradients, branch on values, detach parts, or not depend on its argument at all. It may use
            the caller's x, which is a constant to it: only its argument counts.
        x: The point, of any shape, of a floating dtype. It may require a gradient, or be part of a graph.

    Returns:
        The value, a Python float, and the gradient, of x's shape and dtype: zeros where f does not depend on x.

    Raises:
        ValueError: f returned more than one number, even if none depends on its argument; the message says how
            many.

    Example:
        >>> value_and_grad(lambda x: (x * x).sum(), torch.tensor([1.0, 3.0]))
        (10.0, tensor([2., 6.]))

    Book: section 2.5.
    """
    raise NotImplementedError


def straight_through_round(x: Tensor) -> Tensor:
    """Round to whole numbers, and let the gradient pass as if nothing had been done.

    Rounding is flat nearly everywhere, so its gradient is 0 and nothing in front of it could learn. Networks
    with rounded weights therefore cheat: forwards they use the rounded numbers, backwards they pretend that
    rounding was the identity.

    Args:
        x: Of any shape, of a floating dtype; it is left as it is.

    Returns:
        The numbers of `torch.round(x)`, to the last digit, in a new tensor of x's shape and dtype; its gradient
        with respect to x is 1.

    Example:
        >>> x = torch.tensor([0.4, 1.7], requires_grad=True)
        >>> straight_through_round(x).square().sum().backward()
        >>> x.grad
        tensor([0., 4.])

    Book: section 2.5.
    """
    raise NotImplementedError
