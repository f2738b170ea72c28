import math

from torch import Tensor


def matmul(A: Tensor, B: Tensor) -> Tensor:
    if A.shape[1] != B.shape[0]:
        raise ValueError(f"A has {A.shape[1]} columns, B has {B.shape[0]} rows")
    return (A[:, :, None] * B[None]).sum(dim=1)


def vector_norm(x: Tensor, p: float = 2.0) -> Tensor:
    if p < 1:
        raise ValueError(f"p must be at least 1, not {p}")
    sizes = x.abs()
    largest = sizes.max()
    if largest == 0 or p == math.inf:
        return largest
    return largest * ((sizes / largest) ** p).sum() ** (1 / p)


def frobenius_norm(A: Tensor) -> Tensor:
    return vector_norm(A.reshape(-1))


def normalize_rows(A: Tensor) -> Tensor:
    return A / A.sum(dim=1, keepdim=True)
