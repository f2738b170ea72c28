import torch
from torch import Tensor


def conv_matrix(K: Tensor, h: int, w: int) -> Tensor:
    kh, kw = K.shape
    rows, columns = _output_size(h, w, kh, kw)
    # Number the pixels and cut windows out of the numbers: each holds the columns its output pixel uses.
    number = torch.arange(h * w, device=K.device).reshape(h, w)
    used = number.unfold(0, kh, 1).unfold(1, kw, 1).reshape(rows * columns, kh * kw)
    return K.new_zeros(rows * columns, h * w).scatter(1, used, K.reshape(1, -1).expand_as(used))


def count_params(h: int, w: int, kh: int, kw: int) -> dict[str, int]:
    rows, columns = _output_size(h, w, kh, kw)
    outputs, inputs, taps = rows * columns, h * w, kh * kw
    return {"dense": outputs * inputs, "local": outputs * taps, "conv": taps}


def _output_size(h: int, w: int, kh: int, kw: int) -> tuple[int, int]:
    if kh > h or kw > w:
        raise ValueError(f"a {kh} x {kw} kernel does not fit into a {h} x {w} image")
    return h - kh + 1, w - kw + 1
