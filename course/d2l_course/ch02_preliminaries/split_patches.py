"""Cutting an image into patches: reshape cuts axes, permute moves them (section 2.1).

Nothing in this file may loop: neither `for` nor `while`, nor a comprehension or generator expression of any length.
"""

import torch
from torch import Tensor


def split_patches(img: Tensor, p: int) -> Tensor:
    """Cut an image into square patches, as a vision transformer does before it reads one.

    The patches lie side by side without overlap and cover the image. They come in reading order: the first row
    of patches from left to right, then the second. Each patch keeps its channels and its pixels as they lie in
    the image, to the last digit. The image itself is left as it is.

    Write it without loops: a `reshape` cuts an axis in two or joins two neighbours, a `permute` puts axes in
    another order.

    Args:
        img: The image, [C, H, W], of any dtype.
        p: The side of a patch, in pixels.

    Returns:
        The patches, [(H / p) * (W / p), C, p, p], of img's dtype.

    Raises:
        ValueError: p is below 1 or does not divide both H and W; the message names p.

    Example:
        >>> split_patches(torch.tensor([[[1, 2, 3, 4], [5, 6, 7, 8]]]), 2)
        tensor([[[[1, 2],
                  [5, 6]]],
        <BLANKLINE>
        <BLANKLINE>
                [[[3, 4],
                  [7, 8]]]])

    Book: section 2.1.
    """
    raise NotImplementedError


def merge_patches(patches: Tensor, height: int, width: int) -> Tensor:
    """Put patches together to the image that they were cut from: the inverse of `split_patches`.

    The patches are left as they are.

    Args:
        patches: Square patches in reading order, [N, C, p, p], of any dtype.
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        The image, [C, height, width], of the patches' dtype.

    Raises:
        ValueError: N patches do not fill height x width pixels, or p does not divide both; the message names N.

    Example:
        >>> merge_patches(torch.tensor([[[[1, 2], [5, 6]]], [[[3, 4], [7, 8]]]]), 2, 4)
        tensor([[[1, 2, 3, 4],
                 [5, 6, 7, 8]]])

    Book: section 2.1.
    """
    raise NotImplementedError
