"""Layer normalisation, forward and backward, in kernels of your own (section 13.4).

Autograd cannot look into a kernel, so a `torch.autograd.Function` says what the backward pass is. With

    xhat = (x - mean) * rstd        y = xhat * weight + bias        g = gradient of y        wg = g * weight

the gradients are dx = rstd * (wg - mean(wg) - xhat * mean(wg * xhat)), where means are over a row; dweight is the sum
of g * xhat over all rows, and dbias that of g.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalise each row of the last axis to mean 0 and variance 1, then scale and shift it; differentiable.

    The statistics are computed in float32, also where `x` is float16, and in two steps: first the mean, then the mean
    of the squared distances from it (not the mean of squares minus the square of the mean, which cancels where the
    mean is large). The variance is divided by N; `eps` is added to it.

    All arithmetic of the forward pass and of dx happens in kernels. For dweight and dbias many rows have to be added
    up: let each program write a partial sum of its own, which `Tensor.sum` then adds over the programs, or use
    atomics on zeros. Outside kernels nothing else is computed than such a final sum and conversions of dtype. No two
    programs may write to the same place without atomics.

    Args:
        x: [..., N], float16 or float32, contiguous, any number of leading axes, 1 <= N <= 4096.
        weight: [N], of x's dtype.
        bias: [N], of x's dtype.
        eps: A small number.

    Returns:
        A new tensor of x's shape and dtype. Gradients flow to x, weight and bias; the incoming gradient may have any
        strides.

    Raises:
        ValueError: weight or bias is not [N]; the message names its shape.

    Example:
        >>> layer_norm(torch.tensor([[1.0, 3.0]]), torch.tensor([2.0, 1.0]), torch.tensor([0.0, 5.0]), eps=0.0)
        tensor([[-2.,  6.]])
    """
    raise NotImplementedError
