import torch
from torch import Tensor


def conv_matrix(K: Tensor, h: int, w: int) -> Tensor:
    kh, kw = K.shape
    if kh > h or kw > w:
        raise ValueError(f"{kh} x {kw} does not fit {h} x {w}")
    M = torch.zeros(h - kh + 1, w - kw + 1, h, w, dtype=K.dtype)
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            M[i, j, i : i + kh, j : j + kw] = K
    return M.reshape(-1, h * w)


def count_params(h: int, w: int, kh: int, kw: int) -> dict[str, int]:
    if kh > h or kw > w:
        raise ValueError(f"{kh} x {kw} does not fit {h} x {w}")
    counts = {"conv": kh * kw}
    counts["local"] = counts["conv"] * (h - kh + 1) * (w - kw + 1)
    counts["dense"] = counts["local"] // counts["conv"] * h * w
    return counts
