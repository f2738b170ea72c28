from collections.abc import Sequence

from torch import Tensor


def _per_axis(value: int | Sequence[int]) -> tuple[int, int]:
    first, second = value if isinstance(value, Sequence) else (value, value)
    return first, second


def _places(n: int, k: int, p: int, s: int) -> int:
    if s < 1:
        raise ValueError(f"stride {s}")
    if p < 0:
        raise ValueError(f"padding {p}")
    places = len(range(0, n + 2 * p - k + 1, s))
    if places == 0:
        raise ValueError(f"kernel {k}, image {n}, padding {p}")
    return places


def conv_output_shape(
    input_shape: int | tuple[int, int],
    kernel: int | tuple[int, int],
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> tuple[int, int]:
    rows, columns = zip(*map(_per_axis, (input_shape, kernel, padding, stride)), strict=True)
    return _places(*rows), _places(*columns)


def corr2d_pad_stride(
    X: Tensor, K: Tensor, padding: int | tuple[int, int] = 0, stride: int | tuple[int, int] = 1
) -> Tensor:
    oh, ow = conv_output_shape(X.shape, K.shape, padding, stride)
    (h, w), (kh, kw), (ph, pw), (sh, sw) = X.shape, K.shape, _per_axis(padding), _per_axis(stride)
    framed = X.new_zeros(h + 2 * ph, w + 2 * pw)
    framed[ph : ph + h, pw : pw + w] = X
    Y = X.new_zeros(oh, ow)
    for u in range(kh):
        for v in range(kw):
            Y += K[u, v] * framed[u : u + (oh - 1) * sh + 1 : sh, v : v + (ow - 1) * sw + 1 : sw]
    return Y


def same_padding(kernel: int | tuple[int, int]) -> tuple[int, int]:
    kh, kw = _per_axis(kernel)
    if not (kh % 2 and kw % 2):
        raise ValueError(f"no same padding for {kh} x {kw}")
    return (kh - 1) // 2, (kw - 1) // 2
