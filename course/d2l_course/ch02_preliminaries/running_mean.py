"""A running mean that handles its memory badly; find out where (section 2.1).

The class below should average tensors that come one at a time, such as the losses or activations of a training
run, and let others look at the mean while it changes. It holds nine faults. The docstrings say what is meant;
they are right, the code is not.
"""

import numpy as np
import torch
from torch import Tensor


class RunningMean:
    """The mean of all tensors seen so far, in one piece of memory that is never given up.

    Whoever takes a view of `mean`, a row of it for instance, sees every later update in that view. What leaves
    through `snapshot`, and what comes in through `update` and `restore`, has memory of its own: nobody's tensor
    or array changes behind their back. The mean belongs to no graph, even if it is of tensors that require a
    gradient.

    Args:
        shape: The shape of the tensors to come.

    Attributes:
        mean: float32, of that shape; zeros before the first update.
        count: How many tensors the mean is of.

    Example:
        >>> running = RunningMean((2,))
        >>> row = running.mean[:1]
        >>> running.update(torch.tensor([2.0, 10.0]))
        >>> running.update(torch.tensor([4.0, 30.0]))
        >>> running.mean, row, running.count
        (tensor([ 3., 20.]), tensor([3.]), 2)

    Book: section 2.1.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.mean = torch.zeros(shape)
        self.count = 0

    def update(self, x: Tensor) -> None:
        """Take one more tensor into the mean: it moves towards x by 1 / count of the way, x counted.

        Args:
            x: A tensor of the mean's shape, of a floating dtype; it may require a gradient, and is left as it is.

        Raises:
            ValueError: x has another shape, even one that would broadcast. Nothing has changed then.
        """
        x -= self.mean
        self.mean = self.mean + x / max(self.count, 2)
        self.count += 1

    def snapshot(self) -> np.ndarray:
        """Give the mean as it is now, in a float32 array that later updates do not change."""
        return self.mean.numpy()

    def item(self, *index: int) -> float:
        """Give one number of the mean as a Python float.

        Args:
            index: Its place, one number an axis.
        """
        return self.mean[index]

    def restore(self, array: np.ndarray, count: int) -> None:
        """Go on from an earlier snapshot.

        Args:
            array: The mean then, of the mean's shape, of a floating dtype; it is left as it is, now and later.
            count: How many tensors it was of.

        Raises:
            ValueError: The array has another shape. Nothing has changed then.
        """
        self.mean = torch.from_numpy(array)
