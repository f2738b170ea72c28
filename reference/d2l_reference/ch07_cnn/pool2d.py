"""Solution of ch07/pool2d."""

import math

import torch.nn.functional as F
from torch import Tensor


def pool2d(
    X: Tensor,
    pool_size: int | tuple[int, int],
    mode: str = "max",
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> Tensor:
    kh, kw = _pair(pool_size)
    sh, sw = (kh, kw) if stride is None else _pair(stride)
    ph, pw = _pair(padding)
    if mode not in ("max", "avg"):
        raise ValueError(f'mode must be "max" or "avg", not {mode!r}')
    if ph > kh // 2 or pw > kw // 2:
        raise ValueError(f"padding {(ph, pw)} is more than half of the window {(kh, kw)}")
    fill = -math.inf if mode == "max" else 0.0  # minus infinity never wins a maximum
    padded = F.pad(X, (pw, pw, ph, ph), value=fill)
    windows = padded.unfold(2, kh, sh).unfold(3, kw, sw)  # [n, c, oh, ow, kh, kw]
    return windows.amax(dim=(4, 5)) if mode == "max" else windows.mean(dim=(4, 5))


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size
