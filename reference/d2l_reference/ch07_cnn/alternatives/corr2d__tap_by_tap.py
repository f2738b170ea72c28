from torch import Tensor


class KernelTooLarge(ValueError):
    """A subclass of what the contract asks for."""


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    kh, kw = K.shape
    rows, columns = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if min(rows, columns) < 1:
        raise KernelTooLarge(f"{kh} x {kw} is too large for {X.shape[0]} x {X.shape[1]}")
    Y = 0
    for u in range(kh):
        for v in range(kw):
            Y = Y + X[u : u + rows, v : v + columns] * K[u, v]
    return Y
