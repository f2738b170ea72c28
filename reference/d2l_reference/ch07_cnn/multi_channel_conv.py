import torch
from torch import Tensor


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    if X.dim() != 3 or K.dim() != 4:
        raise ValueError(f"X must have 3 axes and K 4, not {X.dim()} and {K.dim()}")
    if X.shape[0] != K.shape[1]:
        raise ValueError(f"X has {X.shape[0]} channels, K is made for {K.shape[1]}")
    kh, kw = K.shape[2:]
    windows = X.unfold(1, kh, 1).unfold(2, kw, 1)  # [ci, oh, ow, kh, kw], a view: nothing is copied
    return torch.einsum("ihwuv,oiuv->ohw", windows, K)
