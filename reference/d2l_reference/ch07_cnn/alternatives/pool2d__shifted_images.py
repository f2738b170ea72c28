"""pool2d one element of the window at a time: strided slices of the padded image, combined pairwise."""

from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor


def pool2d(X: Tensor, pool_size, mode: str = "max", stride=None, padding=0) -> Tensor:
    kh, kw = pair(pool_size)
    sh, sw = pair(pool_size if stride is None else stride)
    ph, pw = pair(padding)
    if ph > kh // 2 or pw > kw // 2:
        raise ValueError("padding must be at most half of the window")
    if mode == "max":
        combine, fill, scale = torch.maximum, torch.finfo(X.dtype).min, 1
    elif mode == "avg":
        combine, fill, scale = torch.add, 0.0, kh * kw
    else:
        raise ValueError(mode)
    X = F.pad(X, [pw, pw, ph, ph], value=fill)
    rows, columns = X.shape[2] - kh + 1, X.shape[3] - kw + 1
    shifted = [X[:, :, i : i + rows : sh, j : j + columns : sw] for i in range(kh) for j in range(kw)]
    return reduce(combine, shifted) / scale


def pair(size):
    return (size, size) if isinstance(size, int) else tuple(size)
