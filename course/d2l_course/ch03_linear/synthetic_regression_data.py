"""Data from a line that is known, in batches (section 3.3)."""

from collections.abc import Iterable

import torch
from torch import Tensor


class SyntheticRegressionData:
    """Inputs drawn at random, targets from a line plus noise: y = X w + b + noise * standard normal.

    The first `num_train` rows are for training, the other `num_val` for validation. All random numbers come from
    a generator of the object's own, made from `seed`: the same arguments give the same data in the same order, and
    torch's global generator is neither seeded nor used. (A DataLoader draws from the global one even if it does not
    shuffle, unless it is given another as `generator=`.)

    Attributes:
        X: Inputs, standard normal, [num_train + num_val, d], float32.
        y: Targets, [num_train + num_val, 1], float32.

    Args:
        w: The line's weights, [d], float32.
        b: The line's intercept.
        noise: Standard deviation of the noise.
        num_train: Rows for training.
        num_val: Rows for validation; may be 0.
        batch_size: Rows in a batch, at least 1.
        seed: Seed of the generator.

    Raises:
        ValueError: batch_size is below 1; the message names its value.

    Example:
        >>> data = SyntheticRegressionData(torch.tensor([2.0, -1.0]), b=4.0, num_train=70, num_val=5)
        >>> data.X.shape, data.y.shape
        (torch.Size([75, 2]), torch.Size([75, 1]))
        >>> [len(y) for X, y in data.get_dataloader(train=True)]
        [32, 32, 6]

    Book: section 3.3.
    """

    def __init__(
        self,
        w: Tensor,
        b: float,
        noise: float = 0.01,
        num_train: int = 1000,
        num_val: int = 1000,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        raise NotImplementedError

    def get_dataloader(self, train: bool) -> Iterable[tuple[Tensor, Tensor]]:
        """Serve the rows of one part once, in batches.

        Every row comes exactly once, its target with it; only the last batch may be smaller than batch_size.

        Args:
            train: Whether to serve the training rows, in a new random order at every call, or the validation
                rows, always in the order they have in X.

        Returns:
            Something to iterate over: a list, a generator, a DataLoader. It yields pairs of inputs, [m, d], and
            targets, [m, 1]; nothing at all if there are no rows.
        """
        raise NotImplementedError
