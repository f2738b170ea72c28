"""conv1x1 by einsum: the letter of the input channels does not survive."""

import torch
from torch import Tensor


class ChannelError(ValueError):
    """X and W disagree about the number of channels."""


def conv1x1(X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
    if X.shape[1] != W.shape[1]:
        raise ChannelError(f"{X.shape[1]} != {W.shape[1]}")
    Y = torch.einsum("oc,nchw->nohw", W, X)
    if b is not None:
        Y += b.view(1, -1, 1, 1)
    return Y
