"""A linear layer that finds out its number of inputs by itself (section 6.4)."""

import math

import torch
from torch import Tensor, nn


class MyLazyLinear(nn.Module):
    """A linear layer, Y = X W^T + b, whose number of inputs is that of the first X it is called with.

    The first call creates the parameters: `in` is the size of X's last axis, whatever the axes before it are.
    All their numbers are drawn evenly from -1/sqrt(in) to 1/sqrt(in), each on its own, by torch's global generator, in
    the dtype and on the device of X. They are nn.Parameters that want gradients, also if the first call is made under
    torch.no_grad() or in evaluation mode, to try the network out. Every later call uses the same parameters, in
    evaluation mode, too.

    Args:
        out_features: The size of the last axis of Y.
        bias: Whether there is a b. Without it the layer has one parameter only.

    Attributes:
        initialized: False until the first call, then True.
        weight: The parameter W, [out_features, in], from the first call on; its name in the state_dict is "weight".
        bias: The parameter b, [out_features], from the first call on, if there is one; its name is "bias".

    Example:
        >>> layer = MyLazyLinear(3)
        >>> layer.initialized
        False
        >>> layer(torch.ones(2, 5)).shape, layer.weight.shape, layer.initialized
        (torch.Size([2, 3]), torch.Size([3, 5]), True)

    Book: section 6.4.
    """

    def __init__(self, out_features: int, bias: bool = True) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Create the parameters if this is the first call, then apply them.

        Args:
            X: [..., in], of a floating dtype; a single vector, [in], is fine.

        Returns:
            Y, [..., out_features]; gradients flow to X, W and b.

        Raises:
            ValueError: A later X has another last size than the first; the message names both sizes. The layer
                stays as it is.
        """
        raise NotImplementedError
