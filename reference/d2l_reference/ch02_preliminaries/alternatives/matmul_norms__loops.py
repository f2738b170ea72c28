"""One number at a time, the norms in double precision."""

import torch
from torch import Tensor


def matmul(A: Tensor, B: Tensor) -> Tensor:
    n, k = A.shape
    rows, m = B.shape
    if k != rows:
        raise ValueError(f"{tuple(A.shape)} times {tuple(B.shape)}")
    C = torch.zeros(n, m, dtype=A.dtype)
    for i in range(n):
        for j in range(m):
            C[i, j] = sum(A[i, r] * B[r, j] for r in range(k))
    return C


def vector_norm(x: Tensor, p: float = 2.0) -> Tensor:
    if p < 1:
        raise ValueError(f"p = {p} < 1")
    largest = max(abs(v) for v in x.tolist())
    if largest == 0 or p == float("inf"):
        return torch.tensor(largest, dtype=x.dtype)
    total = sum((abs(v) / largest) ** p for v in x.tolist())
    return torch.tensor(largest * total ** (1 / p), dtype=x.dtype)


def frobenius_norm(A: Tensor) -> Tensor:
    return vector_norm(A.flatten(), 2)


def normalize_rows(A: Tensor) -> Tensor:
    return (A.T / A.sum(1)).T
