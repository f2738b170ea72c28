import torch
from torch import Tensor


def conv_matrix(K: Tensor, h: int, w: int) -> Tensor:
    kh, kw = K.shape
    if kh > h or kw > w:
        raise ValueError(f"{kh} x {kw} does not fit {h} x {w}")
    # A shift of the image is a Kronecker product of a shift of its rows and one of its columns.
    row_shifts = [torch.eye(h, dtype=K.dtype)[u : u + h - kh + 1] for u in range(kh)]
    column_shifts = [torch.eye(w, dtype=K.dtype)[v : v + w - kw + 1] for v in range(kw)]
    return sum(
        K[u, v] * torch.kron(down, right) for u, down in enumerate(row_shifts) for v, right in enumerate(column_shifts)
    )


def count_params(h: int, w: int, kh: int, kw: int) -> dict[str, int]:
    oh, ow = h - kh + 1, w - kw + 1
    if oh <= 0 or ow <= 0:
        raise ValueError(f"{kh} x {kw} does not fit {h} x {w}")
    return {"conv": kh * kw, "local": oh * ow * kh * kw, "dense": oh * ow * h * w}
