import torch
import torch.nn.functional as F
from torch import Tensor


def conv_matrix(K: Tensor, h: int, w: int) -> Tensor:
    down, right = h - K.shape[0], w - K.shape[1]
    if down < 0 or right < 0:
        raise ValueError(f"kernel {tuple(K.shape)} on an image of {h} x {w}")
    rows = [F.pad(K, (j, right - j, i, down - i)).flatten() for i in range(down + 1) for j in range(right + 1)]
    return torch.stack(rows)


def count_params(h: int, w: int, kh: int, kw: int) -> dict[str, int]:
    if h < kh or w < kw:
        raise ValueError(f"kernel {(kh, kw)} on an image of {h} x {w}")
    places = (h - kh + 1) * (w - kw + 1)
    return {"dense": places * h * w, "local": places * kh * kw, "conv": kh * kw}
