import torch
from torch import Tensor


def softmax(logits: Tensor, dim: int = -1) -> Tensor:
    top = torch.max(logits, dim, keepdim=True)[0].detach()
    shifted = logits.sub(top)
    return shifted.sub(shifted.exp().sum(dim, keepdim=True).log()).exp()
