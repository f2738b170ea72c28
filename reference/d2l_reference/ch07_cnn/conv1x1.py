"""Solution of ch07/conv1x1."""

from torch import Tensor


def conv1x1(X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
    n, ci, h, w = X.shape
    co = W.shape[0]
    if W.shape[1] != ci:
        raise ValueError(f"X has {ci} channels, but W maps from {W.shape[1]}")
    # A column of `pixels` holds the channels of one pixel, so one matrix product serves them all.
    pixels = X.flatten(start_dim=2)
    Y = (W @ pixels).reshape(n, co, h, w)
    return Y if b is None else Y + b[:, None, None]
