"""A module that calls its children in a row (section 6.1)."""

import torch
from torch import Tensor, nn


class MySequential(nn.Module):
    """Modules in a row: each gets what the one before returned.

    The children are registered under the names "0", "1", ..., so that parameters(), state_dict(), train(), eval()
    and double() reach them. The same module may stand in the row twice: then it is applied twice, and its
    parameters are counted once. A row of no modules returns its input.

    Args:
        modules: The modules, in order.

    Raises:
        TypeError: Something is not an nn.Module (also in `append`).

    Example:
        >>> net = MySequential(nn.Linear(2, 3), nn.ReLU())
        >>> list(net.state_dict())
        ['0.weight', '0.bias']
        >>> len(net), len(net[1:])
        (2, 1)

    Book: section 6.1.
    """

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Send X through all modules. They are called, so that their hooks run."""
        raise NotImplementedError

    def append(self, module: nn.Module) -> "MySequential":
        """Put a module at the end of the row; returns the MySequential itself."""
        raise NotImplementedError

    def __len__(self) -> int:
        """The number of modules in the row; one that stands there twice counts twice."""
        raise NotImplementedError

    def __getitem__(self, index: int | slice) -> "nn.Module | MySequential":
        """The module at an index, or a MySequential of the (same) modules of a slice.

        Raises:
            IndexError: There is no module at the index. Negative indices count from the end, as in a list.
        """
        raise NotImplementedError
