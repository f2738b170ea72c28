"""Cross-entropy, computed from the scores (section 4.2)."""

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    """Say how surprised a classifier is by the true labels: minus log of the probability it gave to each.

    The probabilities are the softmax of the logits along the classes, but do not compute them: the probability
    of an unlikely class is 0 in floating point, and its logarithm infinite. Worked out on paper, the loss has
    no probability in it, and is right for logits of 10000 and -10000 as well. Gradients flow to the logits,
    which are left as they are. The ready-made `logsumexp` would do the hard part, and is not allowed here.

    Args:
        logits: Scores, one row for each example and one column for each class, [n, C], of a floating dtype.
        y: Labels, [n], int64, from 0 to C - 1.
        reduction: "none" for the loss of every row, "mean" for their mean, "sum" for their sum.

    Returns:
        The losses, [n], or a tensor without axes; of the dtype of the logits.

    Raises:
        ValueError: `reduction` is anything else, "MEAN" included (the message names it), or the shapes are not
            [n, C] and [n].

    Example:
        >>> cross_entropy(torch.zeros(2, 4), torch.tensor([1, 3]))  # ln 4: any of four classes is as likely
        tensor(1.3863)

    Book: section 4.2.
    """
    raise NotImplementedError
