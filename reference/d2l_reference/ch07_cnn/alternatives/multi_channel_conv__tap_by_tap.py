import torch
from torch import Tensor


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    if (X.dim(), K.dim()) != (3, 4):
        raise ValueError(f"expected 3 and 4 axes, got {X.dim()} and {K.dim()}")
    channels, h, w = X.shape
    co, ci, kh, kw = K.shape
    if channels != ci:
        raise ValueError(f"expected {ci} channels, got {channels}")
    rows, columns = h - kh + 1, w - kw + 1
    Y = X.new_zeros(co, rows, columns)
    for u in range(kh):
        for v in range(kw):
            Y = Y + torch.tensordot(K[:, :, u, v], X[:, u : u + rows, v : v + columns], dims=1)
    return Y
