import torch
from torch import Tensor


def softmax(logits: Tensor, dim: int = -1) -> Tensor:
    # Subtracting the maximum leaves the quotient as it is, and no exponent is above 0.
    exponentials = torch.exp(logits - logits.amax(dim, keepdim=True))
    return exponentials / exponentials.sum(dim, keepdim=True)
