"""Fused row softmax: read a row once, write it once (section 13.4).

As a chain of torch operations a softmax reads and writes its matrix several times: for the maxima, the differences,
the exponentials, their sums, the quotients. The arithmetic is nothing, the traffic is all. A fused kernel loads a row
into registers, does everything there, and stores the result.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor


def fused_softmax(x: Tensor, log: bool = False) -> Tensor:
    """The softmax of each row of a matrix, or its logarithm, by one launch of a kernel of your own.

    A program loads whole rows and keeps them in registers; the simplest is one program for each row. All the
    arithmetic happens in the kernel, in float32, also where `x` is float16. Rows of any size up to huge numbers are
    right: the largest number of a row is subtracted before `tl.exp`. Entries of -inf count as 0; a row of nothing
    else gives NaN, as in torch. The logarithm is computed as such and not as the logarithm of a softmax, which may
    have rounded to 0.

    Rows lie behind each other in memory, but not always without a gap: `x` may be a part of a wider matrix, so that
    `x.stride(0)` is more than C. Within a row elements are neighbours.

    Args:
        x: [R, C], float16 or float32, 1 <= C <= 4096.
        log: Whether to return the logarithm of the softmax.

    Returns:
        A new, contiguous tensor [R, C] of x's dtype.

    Raises:
        ValueError: x has not two axes, or C is 0 or more than 4096; the message names x's shape.

    Example:
        >>> fused_softmax(torch.tensor([[0.0, 0.0], [0.0, -float("inf")]]))
        tensor([[0.5000, 0.5000],
                [1.0000, 0.0000]])
    """
    raise NotImplementedError
