"""The softmax function, safe for scores of any size (section 4.1)."""

import torch
from torch import Tensor


def softmax(logits: Tensor, dim: int = -1) -> Tensor:
    """Turn scores into probabilities: exp(o_i) divided by the sum of all exp(o_j) along one axis.

    In float32 exp(89) is already infinite. The answer, however, is always between 0 and 1, and it can be
    computed for scores of 1000 and of -1000, side by side, without anything infinite on the way. An entry of
    -inf gets the probability 0, exactly. Gradients flow through; the scores are left as they are.

    The ready-made `logsumexp` would do the hard part, and is not allowed here: exp, a sum and one idea are enough.

    Args:
        logits: The scores, of any shape with at least one axis, of a floating dtype. No slice along `dim` is
            -inf everywhere.
        dim: The axis of the classes, along which the probabilities sum to 1. Negative numbers count from the
            end.

    Returns:
        The probabilities, of the shape and the dtype of `logits`.

    Example:
        >>> softmax(torch.tensor([[0.0, 0.0], [1000.0, 0.0]]))
        tensor([[0.5000, 0.5000],
                [1.0000, 0.0000]])

    Book: section 4.1.
    """
    raise NotImplementedError
