"""First kernel: blocks and masks.

A kernel is not called on numbers but launched over a grid: many copies of it, its programs, run at the same time, and
each asks for its own number (`tl.program_id(0)`) to find out which block of the data is its share. The last block
usually hangs over the end, so its loads and stores are masked.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def add_kernel(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    """Add one block of two vectors.

    Args:
        x_ptr: Address of the first element of the first summand.
        y_ptr: Address of the first element of the second summand.
        out_ptr: Address of the first element of the sum.
        n: Number of elements in each of the three.
        BLOCK: Elements that one program adds.
    """
    raise NotImplementedError("write the kernel here")


def vector_add(x: Tensor, y: Tensor, BLOCK: int = 256) -> Tensor:
    """The sum of two tensors, computed by `add_kernel` in a single launch.

    The addition itself happens in the kernel: this function only allocates the output (`torch.empty_like`), works
    out how many programs are needed, and launches. With no elements there is nothing to launch. No kernel reads or
    writes outside the tensors, and the arguments stay as they are.

    Args:
        x: A contiguous tensor of any shape: float16, float32, float64, int32 or int64.
        y: A contiguous tensor of the same shape and dtype, on the same device.
        BLOCK: Elements that one program adds, a power of two.

    Returns:
        A new tensor `x + y` of that shape and dtype.

    Raises:
        ValueError: Shapes, dtypes or devices differ, or BLOCK is no power of two; the message names the two that
            differ, or BLOCK.

    Example:
        >>> vector_add(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0, 20.0, 30.0]), BLOCK=2)
        tensor([11., 22., 33.])

        Two programs do it: the first adds elements 0 and 1, the second element 2, its other lane is masked.
    """
    raise NotImplementedError
