"""Padding and stride: how large the output is, and how to get it (section 7.3)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def conv_output_shape(
    input_shape: int | tuple[int, int],
    kernel: int | tuple[int, int],
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> tuple[int, int]:
    """Predict the output's rows and columns, without computing anything else.

    Along each axis the image grows by `padding` on *both* sides, and the kernel moves `stride` pixels at a
    time. Count the places where it lies wholly on the padded image: one that does not fit is left out.
    A single int stands for both axes, a pair for (rows, columns).

    Args:
        input_shape: Size of the image.
        kernel: Size of the kernel.
        padding: Rows added above and again below, columns added on the left and again on the right.
        stride: How far the kernel moves at a time, down and to the right.

    Returns:
        Rows and columns of the output.

    Raises:
        ValueError: A stride below 1, a padding below 0, or a kernel larger than the padded image; the message
            names the number that is wrong.

    Example:
        >>> conv_output_shape(7, kernel=3, padding=1, stride=(1, 3))
        (7, 3)

    Book: section 7.3.
    """
    raise NotImplementedError


def corr2d_pad_stride(
    X: Tensor, K: Tensor, padding: int | tuple[int, int] = 0, stride: int | tuple[int, int] = 1
) -> Tensor:
    """Cross-correlate with zeros round the image and a kernel that may skip pixels.

    Arguments are left as they are, and gradients flow to X and K.

    Args:
        X: The image, [h, w], of a floating dtype.
        K: The kernel, [kh, kw], of the same dtype.
        padding: As for `conv_output_shape`; what is added are zeros.
        stride: As for `conv_output_shape`.

    Returns:
        The output, of the size that `conv_output_shape` predicts.

    Raises:
        ValueError: As for `conv_output_shape`.

    Example:
        >>> corr2d_pad_stride(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[1.0, 10.0]]), (0, 1), (1, 2))
        tensor([[10., 32.]])

    Book: section 7.3.
    """
    raise NotImplementedError


def same_padding(kernel: int | tuple[int, int]) -> tuple[int, int]:
    """Say how much padding keeps the image's size at stride 1.

    Only a kernel with an odd number of rows and columns has a middle pixel, and only then does the same
    padding on both sides do it.

    Args:
        kernel: Size of the kernel; an int stands for both axes.

    Returns:
        Padding for rows and columns.

    Raises:
        ValueError: The kernel's size is even along an axis; the message names the size.

    Example:
        >>> same_padding((3, 1))
        (1, 0)

    Book: section 7.3.
    """
    raise NotImplementedError
