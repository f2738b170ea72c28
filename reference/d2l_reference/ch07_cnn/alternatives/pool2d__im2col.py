"""pool2d by `F.unfold`: every channel as an image of its own, every window as a column."""

import torch
import torch.nn.functional as F
from torch import Tensor


def pool2d(X: Tensor, pool_size, mode: str = "max", stride=None, padding=0) -> Tensor:
    def pair(size):
        return [size, size] if isinstance(size, int) else list(size)

    kernel = pair(pool_size)
    step = kernel if stride is None else pair(stride)
    pads = pair(padding)
    assert_sensible(mode, kernel, pads)
    X = F.pad(X, [pads[1], pads[1], pads[0], pads[0]], value={"max": -torch.inf, "avg": 0}[mode])
    n, c, h, w = X.shape
    size = [(length - k) // s + 1 for length, k, s in zip((h, w), kernel, step, strict=True)]
    columns = F.unfold(X.reshape(n * c, 1, h, w), kernel, stride=step)
    Y = columns.max(dim=1)[0] if mode == "max" else columns.mean(dim=1)
    return Y.reshape(n, c, *size)


def assert_sensible(mode, kernel, pads):
    if mode != "max" and mode != "avg":
        raise ValueError(f"no such mode: {mode}")
    if any(p > k / 2 for p, k in zip(pads, kernel, strict=True)):
        raise ValueError(f"padding {pads} for a window of {kernel}")
