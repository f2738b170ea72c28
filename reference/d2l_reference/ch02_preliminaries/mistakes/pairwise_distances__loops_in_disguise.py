from itertools import product, starmap

import torch
from torch import Tensor


def _squared(a: Tensor, b: Tensor) -> Tensor:
    return ((a - b) ** 2).sum().reshape(1)


def pairwise_sq_dists(A: Tensor, B: Tensor) -> Tensor:
    if A.shape[1] != B.shape[1]:
        raise ValueError(f"rows of A have {A.shape[1]} numbers, rows of B have {B.shape[1]}")
    numbers = starmap(_squared, product(A, B))
    return torch.cat([A.new_empty(0), *numbers]).reshape(len(A), len(B))
