"""Class labels as vectors with a single 1, and back (section 4.1).

No loops anywhere in this file, in helpers neither: no `for`, no `while`, no comprehension, no `map`. Broadcasting
or indexing does it for any shape.
"""

import torch
from torch import Tensor


def one_hot(y: Tensor, num_classes: int) -> Tensor:
    """Write each label as a vector that is 1 at the label's place and 0 elsewhere.

    Classes have no order: 2 is not twice 1. So a classifier answers with one number for each class, and the
    label it is compared with has one number for each class as well. The width is `num_classes`, also when the
    last classes do not occur in this batch.

    Args:
        y: Labels from 0 to num_classes - 1, of any shape [...], no axes and no elements included, and of any
            whole-number dtype.
        num_classes: Number of classes, C.

    Returns:
        The vectors, [..., C], float32.

    Raises:
        TypeError: The labels are no whole numbers (floating, complex or bool).
        ValueError: A label is below 0 or above C - 1; the message names one such label.

    Example:
        >>> one_hot(torch.tensor([2, 0]), 3)
        tensor([[0., 0., 1.],
                [1., 0., 0.]])

    Book: section 4.1.
    """
    raise NotImplementedError


def from_one_hot(Y: Tensor) -> Tensor:
    """Read the labels back.

    Args:
        Y: One-hot vectors in the last axis, [..., C], of a floating or whole-number dtype.

    Returns:
        The labels, [...], int64.

    Raises:
        ValueError: A row is not exactly one 1 and zeros otherwise; nearly 1 is not 1.

    Example:
        >>> from_one_hot(torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]))
        tensor([2, 0])

    Book: section 4.1.
    """
    raise NotImplementedError
