"""|a|^2 + |b|^2 - 2ab: a matrix product instead of a large table of differences, cut off at zero."""

from torch import Tensor


def pairwise_sq_dists(A: Tensor, B: Tensor) -> Tensor:
    n_features, others = A.size(1), B.size(1)
    if n_features != others:
        raise ValueError(f"{n_features} features against {others}")
    lengths_a = (A * A).sum(dim=1, keepdim=True)
    lengths_b = (B * B).sum(dim=1)
    return (lengths_a + lengths_b - 2 * A @ B.T).clamp(min=0)
