from torch import Tensor


def pairwise_sq_dists(A: Tensor, B: Tensor) -> Tensor:
    if A.shape[1] != B.shape[1]:
        raise ValueError(f"rows of A have {A.shape[1]} numbers, rows of B have {B.shape[1]}")
    differences = A[:, None] - B[None]
    return differences.square().sum(dim=2)
