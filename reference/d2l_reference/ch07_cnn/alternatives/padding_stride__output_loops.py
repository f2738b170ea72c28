import math

import torch
import torch.nn.functional as F
from torch import Tensor


def conv_output_shape(
    input_shape: int | tuple[int, int],
    kernel: int | tuple[int, int],
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> tuple[int, int]:
    shape, kernel, padding, stride = map(_both, (input_shape, kernel, padding, stride))
    for axis in (0, 1):
        if stride[axis] <= 0 or padding[axis] < 0:
            raise ValueError(f"stride {stride}, padding {padding}")
        if kernel[axis] > shape[axis] + 2 * padding[axis]:
            raise ValueError(f"kernel {kernel} on {shape} with padding {padding}")
    return tuple(math.floor((shape[a] - kernel[a] + 2 * padding[a] + stride[a]) / stride[a]) for a in (0, 1))


def corr2d_pad_stride(
    X: Tensor, K: Tensor, padding: int | tuple[int, int] = 0, stride: int | tuple[int, int] = 1
) -> Tensor:
    (ph, pw), (sh, sw) = _both(padding), _both(stride)
    oh, ow = conv_output_shape(tuple(X.shape), tuple(K.shape), padding, stride)
    kh, kw = K.shape
    padded = F.pad(X, (pw, pw, ph, ph))
    Y = torch.empty(oh, ow, dtype=X.dtype)
    for i in range(oh):
        for j in range(ow):
            Y[i, j] = torch.sum(padded[i * sh : i * sh + kh, j * sw : j * sw + kw] * K)
    return Y


def same_padding(kernel: int | tuple[int, int]) -> tuple[int, int]:
    for k in _both(kernel):
        if k % 2 == 0:
            raise ValueError(f"{k} is even")
    return tuple((k - 1) // 2 for k in _both(kernel))


def _both(size):
    return (size, size) if isinstance(size, int) else tuple(size)
