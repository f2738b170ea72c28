"""Every pair written out as two long lists of rows."""

import torch
from torch import Tensor


def pairwise_sq_dists(A: Tensor, B: Tensor) -> Tensor:
    (n, d), (m, e) = A.shape, B.shape
    if d != e:
        raise ValueError(f"different numbers of features: {d} and {e}")
    pairs = A.repeat_interleave(m, dim=0) - B.repeat(n, 1)
    return torch.einsum("pk,pk->p", pairs, pairs).reshape(n, m)
