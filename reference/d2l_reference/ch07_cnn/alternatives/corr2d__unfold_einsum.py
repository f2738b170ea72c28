import torch
from torch import Tensor


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    if any(k > n for k, n in zip(K.shape, X.shape, strict=True)):
        raise ValueError(f"kernel {tuple(K.shape)} is larger than image {tuple(X.shape)}")
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1)
    return torch.einsum("ijuv,uv->ij", windows, K)
