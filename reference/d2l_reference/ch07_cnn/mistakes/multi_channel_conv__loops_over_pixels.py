from torch import Tensor


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    if X.dim() != 3 or K.dim() != 4:
        raise ValueError(f"X must have 3 axes and K 4, not {X.dim()} and {K.dim()}")
    if X.shape[0] != K.shape[1]:
        raise ValueError(f"X has {X.shape[0]} channels, K is made for {K.shape[1]}")
    (co, _, kh, kw), (_, h, w) = K.shape, X.shape
    Y = X.new_zeros(co, h - kh + 1, w - kw + 1)
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            Y[:, i, j] = (X[:, i : i + kh, j : j + kw] * K).sum((1, 2, 3))
    return Y
