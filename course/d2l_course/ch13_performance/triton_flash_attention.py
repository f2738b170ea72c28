"""Attention that never forms the score matrix (sections 13.4 and 11.5).

Attention of T queries to S keys has T x S scores. Written to memory and read again they cost far more time than the
arithmetic does, and for long sequences they do not even fit. Flash attention keeps a block of queries in registers and
walks through the keys, a block at a time. It can do so since a softmax can be computed online: for each query keep

    m, the largest score so far        l, the sum of exp(score - m) so far        acc, the sum of exp(score - m) * value

and where a block brings a larger m, multiply l and acc by exp(old m - new m) before adding to them. In the end the
result is acc / l, and m + log(l) is the logarithm of the sum of all exp(score), which a backward pass would need.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor


def flash_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    causal: bool = False,
    scale: float | None = None,
    BLOCK_M: int = 32,
    BLOCK_N: int = 32,
) -> tuple[Tensor, Tensor]:
    """softmax(scale * q @ k^T) @ v for each head, by one launch of a kernel of your own.

    A program holds BLOCK_M queries of one head, and of keys and values no more than BLOCK_N at a time. Outside the
    kernel nothing is computed and nothing is made that could hold T x S numbers. T and S need not be multiples of the
    blocks, and q, k, v may be views with any strides, such as a permuted [B, T, H, D].

    If `causal`, query t attends to the keys 0 to t only. Blocks of keys that lie behind all queries of a program are
    skipped: they are not even read, so that nothing that stands there, NaN included, reaches the result.

    Scores, m, l and acc are float32, whatever the dtype; for `tl.dot` with float16 values the weights may be rounded
    to float16. Tiles of float32 are multiplied in full precision, `tl.dot(..., input_precision="ieee")`. Scores may be
    in the thousands, anywhere in a row.

    Args:
        q: [B, H, T, D], float16 or float32, D one of 16, 32, 64; T >= 1.
        k: [B, H, S, D], of q's dtype; S >= 1.
        v: [B, H, S, D], of q's dtype.
        causal: Whether queries see no later keys; needs T = S.
        scale: What scores are multiplied with, any number; None: 1 / sqrt(D).
        BLOCK_M: Queries of a block, a power of two, at least 16.
        BLOCK_N: Keys of a block, likewise.

    Returns:
        out, [B, H, T, D] of q's dtype, and lse, [B, H, T] in float32: for each query the logarithm of the sum of
        exp(score) over the keys it sees. Both are new tensors.

    Raises:
        ValueError: D is not allowed (the message names it); the shapes of q, k and v do not fit, or T is not S though
            `causal` (it names the shapes of q and of what does not fit).

    Example:
        >>> q = k = torch.zeros(1, 1, 2, 16)
        >>> v = torch.tensor([2.0, 4.0]).reshape(1, 1, 2, 1).expand(1, 1, 2, 16)
        >>> out, lse = flash_attention(q, k, v, causal=True)
        >>> out[0, 0, :, 0], lse[0, 0]
        (tensor([2., 3.]), tensor([0.0000, 0.6931]))
    """
    raise NotImplementedError
