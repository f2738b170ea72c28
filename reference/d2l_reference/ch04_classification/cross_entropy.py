import torch
from torch import Tensor


def cross_entropy(logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction must be 'none', 'mean' or 'sum', not {reduction!r}")
    if logits.dim() != 2 or y.shape != logits.shape[:1]:
        raise ValueError(f"logits and labels must be [n, C] and [n], not {list(logits.shape)} and {list(y.shape)}")
    # log of the sum of exponentials, with the largest taken out: no exponent is above 0.
    top = logits.amax(dim=1)
    normalizer = top + torch.exp(logits - top[:, None]).sum(dim=1).log()
    losses = normalizer - logits[torch.arange(len(y)), y]
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()
