import torch.nn.functional as F
from torch import Tensor


def _pair(x):
    return (x, x) if isinstance(x, int) else tuple(x)


def conv_output_shape(
    input_shape: int | tuple[int, int],
    kernel: int | tuple[int, int],
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> tuple[int, int]:
    if min(_pair(stride)) < 1:
        raise ValueError(f"stride must be positive: {stride}")
    if min(_pair(padding)) < 0:
        raise ValueError(f"padding must not be negative: {padding}")
    room = [n + 2 * p - k for n, p, k in zip(_pair(input_shape), _pair(padding), _pair(kernel), strict=True)]
    if min(room) < 0:
        raise ValueError(f"kernel {kernel} is too large for {input_shape} with padding {padding}")
    return room[0] // _pair(stride)[0] + 1, room[1] // _pair(stride)[1] + 1


def corr2d_pad_stride(
    X: Tensor, K: Tensor, padding: int | tuple[int, int] = 0, stride: int | tuple[int, int] = 1
) -> Tensor:
    shape = conv_output_shape(X.shape, K.shape, padding, stride)
    columns = F.unfold(X[None, None], K.shape, padding=_pair(padding), stride=_pair(stride))[0]
    return (K.reshape(1, -1) @ columns).reshape(shape)


def same_padding(kernel: int | tuple[int, int]) -> tuple[int, int]:
    kh, kw = _pair(kernel)
    (ph, odd_h), (pw, odd_w) = divmod(kh, 2), divmod(kw, 2)
    if not odd_h or not odd_w:
        raise ValueError(f"even kernel: {kh}, {kw}")
    return ph, pw
