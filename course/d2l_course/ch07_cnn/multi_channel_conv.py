"""Cross-correlation with many input and output channels, without a loop over pixels (section 7.4)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    """Cross-correlate an image of several channels with a kernel for each pair of output and input channel.

    Output channel o is a *sum over the input channels*: the cross-correlation of X[0] with K[o, 0], plus that
    of X[1] with K[o, 1], and so on. No padding, stride 1, no kernel is turned.

    A Python loop over output pixels does the right thing far too slowly. Leave the pixels to torch: one check
    times many small images against four nested loops and wants a function that is at least 50 times faster.

    Arguments are left as they are, and gradients flow to both of them.

    Args:
        X: The image, [ci, h, w], of a floating dtype.
        K: The kernels, [co, ci, kh, kw], of the same dtype, with kh <= h and kw <= w.

    Returns:
        [co, h - kh + 1, w - kw + 1], of X's dtype.

    Raises:
        ValueError: X has not three axes, K has not four, or they disagree about the number of input channels
            (a single channel is no exception). The message names the number that is wrong.

    Example:
        >>> X = torch.tensor([[[1.0, 2.0, 3.0]], [[10.0, 20.0, 30.0]]])
        >>> K = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
        >>> corr2d_multi_in_out(X, K)
        tensor([[[21., 32.]]])

    Book: section 7.4.
    """
    raise NotImplementedError
