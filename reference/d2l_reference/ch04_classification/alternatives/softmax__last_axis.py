import torch
from torch import Tensor


def softmax(logits: Tensor, dim: int = -1) -> Tensor:
    scores = logits.movedim(dim, -1)
    with torch.no_grad():
        top, _ = scores.max(dim=-1)
    weights = torch.exp(scores - top.unsqueeze(-1))
    return torch.einsum("...c,...->...c", weights, 1 / weights.sum(-1)).movedim(-1, dim)
