from torch import Tensor


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    (h, w), (kh, kw) = X.shape, K.shape
    if kh > h or kw > w:
        raise ValueError(f"a {kh} x {kw} kernel does not fit into a {h} x {w} image")
    rows, columns = h - kh + 1, w - kw + 1
    Y = X.new_zeros(rows, columns)
    for i in range(rows):
        for j in range(columns):
            Y[i, j] = (X[i : i + kh, j : j + kw] * K).sum()
    return Y
