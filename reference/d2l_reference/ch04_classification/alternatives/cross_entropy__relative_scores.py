import torch
from torch import Tensor


def cross_entropy(logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    """The scores relative to the label's own; the label is picked by comparison."""
    if logits.dim() != 2 or tuple(y.shape) != (logits.shape[0],):
        raise ValueError(f"{tuple(logits.shape)} and {tuple(y.shape)}")
    is_label = y[:, None] == torch.arange(logits.shape[1])
    relative = logits - logits[is_label][:, None]
    top = relative.max(dim=1, keepdim=True).values.detach()
    losses = (torch.log(torch.exp(relative - top).sum(1, keepdim=True)) + top).flatten()
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.sum() / len(losses)
    raise ValueError(f"no reduction {reduction!r}")
