"""A 1x1 convolution is a dense layer applied to every pixel (section 7.4)."""

import torch
from torch import Tensor


def conv1x1(X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
    """Map the channels of every pixel by the same matrix.

    A 1x1 convolution looks at one pixel at a time. It cannot see a pattern in space; what it can do is mix
    the channels, and it mixes them in the same way everywhere: a dense layer from `ci` to `co` features,
    shared by all pixels of all images. So it is one matrix product, without a Python loop over images,
    channels or pixels.

    Args:
        X: The images, [n, ci, h, w]. May be a transposed view, that is, not contiguous.
        W: The weights, [co, ci]. Row `o` holds what output channel `o` takes from each input channel.
        b: The biases, [co], one number per output channel; None stands for no bias.

    Returns:
        [n, co, h, w], of the dtype of X: pixel (i, j) of image k is `W @ X[k, :, i, j] + b`. Gradients reach
        X, W and b; none of the three is changed.

    Raises:
        ValueError: X has another number of channels than W has columns. The message names both numbers.

    Example:
        >>> X = torch.tensor([[[[1.0, 2.0]], [[10.0, 20.0]]]])  # two channels of one row of two pixels
        >>> W = torch.tensor([[1.0, 1.0], [0.0, 2.0], [1.0, 0.0]])
        >>> Y = conv1x1(X, W, b=torch.tensor([0.0, 0.0, 0.5]))
        >>> Y.shape
        torch.Size([1, 3, 1, 2])
        >>> Y[0, :, 0, 0]  # the left pixel: 1 + 10, 2 * 10, 1 + 0.5
        tensor([11.0000, 20.0000,  1.5000])
    """
    raise NotImplementedError
