"""The product as a sum of outer products; the norm by taking the exponent out as a power of two."""

import math

import torch
from torch import Tensor


def matmul(A: Tensor, B: Tensor) -> Tensor:
    if A.size(1) != B.size(0):
        raise ValueError(f"inner sizes {A.size(1)} and {B.size(0)}")
    product = A.new_zeros(A.size(0), B.size(1))
    for column, row in zip(A.unbind(1), B.unbind(0), strict=True):
        product = product + torch.outer(column, row)
    return product


def vector_norm(x: Tensor, p: float = 2.0) -> Tensor:
    if not p >= 1:
        raise ValueError(f"no norm for p = {p}")
    if p == float("inf"):
        return torch.amax(torch.abs(x))
    scale = float(x.abs().max())
    if scale == 0.0:
        return x.new_zeros(())
    scale = 2.0 ** math.floor(math.log2(scale))
    return torch.pow((x / scale).abs(), p).sum().pow(1 / p) * scale


def frobenius_norm(A: Tensor) -> Tensor:
    return vector_norm(torch.stack([vector_norm(row) for row in A]))


def normalize_rows(A: Tensor) -> Tensor:
    return torch.stack([row / row.sum() for row in A])
