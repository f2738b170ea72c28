# I will do this one tomorrow.
"""Two-dimensional cross-correlation: the one operation behind every convolutional layer (section 7.2)."""

import torch
from torch import Tensor


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    """Slide a kernel over an image; at every place, multiply what lies on each other and add up.

    At output pixel (i, j) the kernel's upper left corner lies on image pixel (i, j): Y[i, j] is the sum of
    X[i + u, j + v] * K[u, v] over all u and v. The kernel never hangs over the border, and it is not turned
    round: that would be a convolution in the mathematical sense. Libraries call this one "convolution" too.

    Arguments are left as they are, and gradients flow to both of them.

    Args:
        X: The image, [h, w], of a floating dtype.
        K: The kernel, [kh, kw], of the same dtype, no larger than the image.

    Returns:
        Y, [h - kh + 1, w - kw + 1], of X's dtype.

    Raises:
        ValueError: The kernel is higher or wider than the image; the message names the kernel's size.

    Example:
        >>> corr2d(torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 1.0]]), torch.tensor([[1.0, 2.0]]))
        tensor([[1., 4.],
                [6., 5.]])

    Book: section 7.2.
    """
    raise NotImplementedError
