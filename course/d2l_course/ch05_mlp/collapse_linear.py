"""Linear layers on top of each other are one linear layer (section 5.1)."""

import torch
from torch import Tensor


def collapse_linear(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Replace a stack of layers without activations by a single layer that does the same.

    Each layer maps a vector x to W x + b; the first of the list is applied first. However many there are, the whole
    is again of this form: without something nonlinear in between, depth gains nothing.

    Args:
        layers: One or more pairs (W, b) with shapes [out, in] and [out], all of the same floating dtype; `in` of
            each layer is `out` of the one before. Nothing in it is changed.

    Returns:
        W, [out of the last, in of the first], and b, [out of the last], new tensors of the layers' dtype.

    Raises:
        ValueError: The list is empty; or the shapes of two neighbours do not fit, then the message names the two
            sizes.

    Example:
        >>> first = torch.tensor([[2.0]]), torch.tensor([1.0])  # 2 x + 1
        >>> second = torch.tensor([[3.0]]), torch.tensor([5.0])  # 3 (2 x + 1) + 5
        >>> collapse_linear([first, second])
        (tensor([[6.]]), tensor([8.]))

    Book: section 5.1.
    """
    raise NotImplementedError
