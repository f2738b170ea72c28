import torch.nn.functional as F
from torch import Tensor


def conv_output_shape(
    input_shape: int | tuple[int, int],
    kernel: int | tuple[int, int],
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> tuple[int, int]:
    sizes = []
    for n, k, p, s in zip(_pair(input_shape), _pair(kernel), _pair(padding), _pair(stride), strict=True):
        if s < 1:
            raise ValueError(f"stride must be at least 1, not {s}")
        if p < 0:
            raise ValueError(f"padding must not be negative, but is {p}")
        if n + 2 * p < k:
            raise ValueError(f"a kernel of size {k} does not fit into {n} pixels with padding {p}")
        sizes.append((n + 2 * p - k) // s + 1)
    return sizes[0], sizes[1]


def corr2d_pad_stride(
    X: Tensor, K: Tensor, padding: int | tuple[int, int] = 0, stride: int | tuple[int, int] = 1
) -> Tensor:
    conv_output_shape(X.shape, K.shape, padding, stride)  # refuses what cannot be done
    (kh, kw), (ph, pw), (sh, sw) = K.shape, _pair(padding), _pair(stride)
    padded = F.pad(X, (pw, pw, ph, ph))  # the last axis comes first
    windows = padded.unfold(0, kh, sh).unfold(1, kw, sw)
    return (windows * K).sum((-2, -1))


def same_padding(kernel: int | tuple[int, int]) -> tuple[int, int]:
    kh, kw = _pair(kernel)
    if kh % 2 == 0 or kw % 2 == 0:
        raise ValueError(f"a {kh} x {kw} kernel has no middle pixel: no equal padding keeps the size")
    return kh // 2, kw // 2


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size
