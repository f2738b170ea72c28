"""Dropout as a module of your own (section 5.5)."""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Make random elements zero while training, so that no unit can rely on another.

    In training mode each element becomes 0 with probability p, independently of all others and anew in every call
    of every layer; the rest is divided by 1 - p, so that on average nothing changes. In evaluation mode the input
    comes back as it is. There are no parameters. With p = 0 nothing is dropped, with p = 1 everything is (and nothing
    is NaN).

    Args:
        p: Probability to drop an element, from 0 to 1.

    Raises:
        ValueError: p is below 0 or above 1; the message names it.

    Example:
        >>> layer = Dropout(0.5)
        >>> set(layer(torch.ones(1000)).tolist()) == {0.0, 2.0}
        True
        >>> layer.eval()(torch.ones(3))
        tensor([1., 1., 1.])

    Book: section 5.5.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Drop elements, or hand them all through.

        Args:
            X: Finite numbers, of any shape and floating dtype. It is left as it is; gradients flow to it, also
                where everything is dropped: they are 0 then.

        Returns:
            The shape and dtype of X.
        """
        raise NotImplementedError
