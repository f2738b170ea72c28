"""How good a classifier is, and what it confuses (sections 4.4 and 4.6).

No loops anywhere in this file, in none of the three functions: no `for`, no `while`, no comprehension, no `map`.
They would be slow; torch counts and compares whole tensors at once.
"""

import torch
from torch import Tensor


def accuracy(scores: Tensor, y: Tensor) -> float:
    """Say which share of the examples is classified rightly: the class with the largest score is the label.

    Args:
        scores: Scores or probabilities, [n, C], of a floating dtype.
        y: Labels, [n], int64.

    Returns:
        The share, from 0 to 1, a Python float.

    Raises:
        ValueError: There are no examples.

    Example:
        >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0], [1.0, 0.0]]), torch.tensor([0, 1, 1, 0]))
        0.75

    Book: section 4.4.
    """
    raise NotImplementedError


def confusion_matrix(scores: Tensor, y: Tensor, num_classes: int) -> Tensor:
    """Count which class is taken for which.

    Args:
        scores: Scores, [n, C], of a floating dtype. They may be as close as their dtype can tell apart.
        y: Labels, [n], int64.
        num_classes: Number of classes, C. Those that never occur have their row and column, too.

    Returns:
        Counts, int64 [C, C]: the row is the true class, the column the predicted one.

    Example:
        >>> scores = torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0], [1.0, 0.0]])
        >>> confusion_matrix(scores, torch.tensor([0, 1, 1, 0]), 2)
        tensor([[2, 0],
                [1, 1]])
    """
    raise NotImplementedError


def per_class_recall(cm: Tensor) -> Tensor:
    """Say for each class which share of its examples was found. The matrix is left as it is.

    Args:
        cm: A confusion matrix, int64 [C, C], of true classes (rows) and predicted ones (columns).

    Returns:
        The shares, float32 [C]; nan for a class without examples, of which nothing can be said.

    Example:
        >>> per_class_recall(torch.tensor([[3, 1], [0, 2]]))
        tensor([0.7500, 1.0000])
    """
    raise NotImplementedError
