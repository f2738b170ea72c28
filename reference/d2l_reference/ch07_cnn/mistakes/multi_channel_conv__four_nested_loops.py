from torch import Tensor


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    if X.dim() != 3 or K.dim() != 4:
        raise ValueError(f"X must have 3 axes and K 4, not {X.dim()} and {K.dim()}")
    if X.shape[0] != K.shape[1]:
        raise ValueError(f"X has {X.shape[0]} channels, K is made for {K.shape[1]}")
    (co, ci, kh, kw), (h, w) = K.shape, X.shape[1:]
    Y = X.new_zeros(co, h - kh + 1, w - kw + 1)
    for o in range(co):
        for c in range(ci):
            for i in range(h - kh + 1):
                for j in range(w - kw + 1):
                    Y[o, i, j] += (X[c, i : i + kh, j : j + kw] * K[o, c]).sum()
    return Y
