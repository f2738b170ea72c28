"""A convolution is a dense layer whose matrix is sparse and shares its numbers (section 7.1)."""

import torch
from torch import Tensor


def conv_matrix(K: Tensor, h: int, w: int) -> Tensor:
    """Write the cross-correlation with a kernel as one matrix.

    Flatten an image X of h rows and w columns row by row, so that pixel (r, c) becomes number r * w + c. The
    cross-correlation without padding, flattened row by row too, is then `conv_matrix(K, h, w) @ X.flatten()`.
    Each row of the matrix belongs to one output pixel. It holds the kernel's numbers in the columns of the
    pixels under the kernel (locality: all others are zero), and every row holds the same numbers (sharing).

    The gradient of whatever is computed with the matrix flows back to K.

    Args:
        K: The kernel, [kh, kw], of a floating dtype.
        h: Rows of the image, at least kh.
        w: Columns of the image, at least kw.

    Returns:
        The matrix, [oh * ow, h * w] with oh = h - kh + 1 and ow = w - kw + 1, of K's dtype.

    Raises:
        ValueError: The kernel is higher or wider than the image; the message names the kernel's size.

    Example:
        >>> conv_matrix(torch.tensor([[5.0, 7.0]]), h=2, w=3)
        tensor([[5., 7., 0., 0., 0., 0.],
                [0., 5., 7., 0., 0., 0.],
                [0., 0., 0., 5., 7., 0.],
                [0., 0., 0., 0., 5., 7.]])

    Book: section 7.1.
    """
    raise NotImplementedError


def count_params(h: int, w: int, kh: int, kw: int) -> dict[str, int]:
    """Count the weights that three kinds of layer need to get from an image to the same output.

    The output is that of a kh x kw kernel on an h x w image without padding. Biases are not counted. The
    numbers follow from the sizes alone: nothing has to be built, so that the image may be large.

    Args:
        h: Rows of the image.
        w: Columns of the image.
        kh: Rows of the kernel.
        kw: Columns of the kernel.

    Returns:
        "dense": each output pixel has a weight for each image pixel.
        "local": each output pixel has weights of its own for the pixels under the kernel only.
        "conv": all output pixels share the kernel's weights.

    Raises:
        ValueError: The kernel is higher or wider than the image; the message names the kernel's size.

    Example:
        >>> count_params(h=2, w=3, kh=1, kw=2)
        {'dense': 24, 'local': 8, 'conv': 2}

    Book: section 7.1.
    """
    raise NotImplementedError
