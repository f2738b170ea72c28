import torch.nn.functional as F
from torch import Tensor


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    if X.ndim != 3:
        raise ValueError(f"X has {X.ndim} axes")
    if K.ndim != 4:
        raise ValueError(f"K has {K.ndim} axes")
    if len(X) != K.size(1):
        raise ValueError(f"{len(X)} channels in X, {K.size(1)} in K")
    columns = F.unfold(X.unsqueeze(0), K.shape[2:]).squeeze(0)
    maps = K.flatten(1) @ columns
    return maps.unflatten(1, (X.shape[1] - K.shape[2] + 1, X.shape[2] - K.shape[3] + 1))
