"""pool2d window by window, written into a buffer."""

import torch
from torch import Tensor


def pool2d(X: Tensor, pool_size, mode: str = "max", stride=None, padding=0) -> Tensor:
    if mode not in {"max", "avg"}:
        raise ValueError("unknown mode: " + str(mode))
    stride = pool_size if stride is None else stride
    (kh, kw), (sh, sw), (ph, pw) = (
        tuple(size) if isinstance(size, (tuple, list)) else (size, size) for size in (pool_size, stride, padding)
    )
    if 2 * ph > kh or 2 * pw > kw:
        raise ValueError("too much padding")
    n, c, h, w = X.shape
    outside = float("-inf") if mode == "max" else 0
    padded = torch.full((n, c, h + 2 * ph, w + 2 * pw), outside, dtype=X.dtype, device=X.device)
    padded[:, :, ph : ph + h, pw : pw + w] = X
    oh, ow = (h + 2 * ph - kh) // sh + 1, (w + 2 * pw - kw) // sw + 1
    Y = torch.empty(n, c, oh, ow, dtype=X.dtype, device=X.device)
    for i in range(oh):
        for j in range(ow):
            window = padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw].flatten(2)
            Y[:, :, i, j] = window.max(dim=2).values if mode == "max" else window.sum(dim=2) / (kh * kw)
    return Y
