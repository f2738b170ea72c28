"""Max and average pooling (section 7.5)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def pool2d(
    X: Tensor,
    pool_size: int | tuple[int, int],
    mode: str = "max",
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> Tensor:
    """Summarise every window of every channel by one number.

    Pooling slides a window like a convolution does, but it has no weights and leaves the channels apart: it
    keeps the largest value of the window, or the average. A pattern that moves by a pixel then changes the
    result little or not at all. Every size can be given as one int, for both directions, or as a pair
    (height, width).

    Args:
        X: The images, [n, c, h, w], of a floating-point type.
        pool_size: The window, int or (kh, kw).
        mode: "max" or "avg".
        stride: The step from window to window, int or (sh, sw). None: as large as the window, so that windows
            touch and do not overlap.
        padding: Rows and columns added on *each* side, int or (ph, pw). Under "max" padding never wins, not
            even where all pixels are negative. Under "avg" padding counts as zeros, and the sum is divided by
            kh * kw everywhere.

    Returns:
        [n, c, oh, ow] of the dtype of X, where oh = (h + 2 * ph - kh) // sh + 1, likewise ow: a window that
        does not fit is left out. Gradients reach X; X is not changed.

    Raises:
        ValueError: mode is neither "max" nor "avg" (the message names it), or the padding is more than half
            of the window: ph > kh // 2 or pw > kw // 2.

    Example:
        >>> X = torch.tensor([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]]])
        >>> pool2d(X, 2)
        tensor([[[[4., 8.]]]])
        >>> pool2d(X, (1, 2), mode="avg")
        tensor([[[[1.5000, 5.5000],
                  [3.5000, 7.5000]]]])
    """
    raise NotImplementedError
