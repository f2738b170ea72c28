from torch import Tensor


def softmax(logits: Tensor, dim: int = -1) -> Tensor:
    return (logits - logits.logsumexp(dim, keepdim=True)).exp()
