import torch
from torch import Tensor


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    h, w = X.shape
    kh, kw = K.shape
    if h < kh or w < kw:
        raise ValueError(f"K has shape {kh}, {kw}; X has shape {h}, {w}")

    def dot(i: int, j: int) -> Tensor:
        return X[i : i + kh, j : j + kw].reshape(-1).dot(K.reshape(-1))

    return torch.stack([torch.stack([dot(i, j) for j in range(w - kw + 1)]) for i in range(h - kh + 1)])
