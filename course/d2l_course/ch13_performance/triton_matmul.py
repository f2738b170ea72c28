"""A tiled matrix product: one program for each tile of the result, one launch for all of it (section 13.4).

To make a tile of BLOCK_M x BLOCK_N numbers, a program walks along K: it loads a tile of a (BLOCK_M x BLOCK_K) and one
of b (BLOCK_K x BLOCK_N), and adds their product, `tl.dot`, to an accumulator in registers. Each number that was loaded
is used for a whole row or column of the tile: that is what makes it fast. What follows the product, a bias and an
activation, is applied while the tile is still in registers; as operations of their own each would read and write the
whole result once more.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor


def matmul(
    a: Tensor,
    b: Tensor,
    bias: Tensor | None = None,
    activation: str = "none",
    BLOCK_M: int = 32,
    BLOCK_N: int = 32,
    BLOCK_K: int = 32,
) -> Tensor:
    """activation(a @ b + bias), by one launch of a kernel of your own.

    Sizes need not be multiples of the blocks, and a, b and bias may be views with any strides, such as a transposed
    matrix. They are read where they lie: outside the kernel nothing is computed, copied, padded or converted. There
    is a program for each tile, or several share out the tiles.

    Products are added up in float32, also those of float16. Bias and activation are applied to the float32 sums, in
    this order, and the result is rounded to a's dtype once, when it is stored. On a GPU, tiles of float16 go to
    `tl.dot` as they are, for its tensor cores. Tiles of float32 are multiplied in full precision,
    `tl.dot(..., input_precision="ieee")`: the default rounds them to 10 bits (TF32), which the interpreter does not
    show.

    Args:
        a: [M, K], float16 or float32.
        b: [K, N], of a's dtype.
        bias: [N], of a's dtype; None for none. It is added to each row.
        activation: "none" or "relu".
        BLOCK_M: Rows of a tile of the result; a power of two, at least 16, as are the other two.
        BLOCK_N: Columns of a tile of the result.
        BLOCK_K: Steps along K.

    Returns:
        A new, contiguous tensor [M, N] of a's dtype. M, N and K may be 0; without products (K = 0) the sums are 0, to
        which the bias is added.

    Raises:
        ValueError: a and b are no matrices, or their shapes do not fit (the message names both shapes); bias is not
            [N] (it names bias's shape); the activation is unknown, or a block is not allowed (it names it).

    Example:
        >>> a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> matmul(a, a.t(), bias=torch.tensor([0.0, -20.0]), activation="relu")
        tensor([[ 5.,  0.],
                [11.,  5.]])
    """
    raise NotImplementedError
