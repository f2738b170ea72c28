"""conv1x1 as what it is, a dense layer: channels to the end, `F.linear`, channels back."""

import torch.nn.functional as F
from torch import Tensor


def conv1x1(X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
    if X.size(1) != W.size(1):
        raise ValueError(f"channels differ: {X.size(1)} in X, {W.size(1)} in W")
    return F.linear(X.permute(0, 2, 3, 1), W, b).permute(0, 3, 1, 2)
