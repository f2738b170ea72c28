"""A module that calls its children in a row (section 6.1)."""

import torch
from torch import Tensor, nn


class MySequential(nn.Module):
    """Modules in a row: each gets what the one before returned.

    The children are registered under the names "0", "1", ..., so that parameters(), state_dict(), train(), eval()
    and double() reach them. The same module may stand in the row twice: then it is applied twice, and its
    parameters are counted once. A row of no modules returns its input.

    Register and number them yourself: nn.Sequential and nn.ModuleList, which do both for you, are not allowed, not
    even inside a method.

    Args:
        modules: The modules, in order.

    Raises:
        TypeError: Something is not an nn.Module (also in `append`). Neither is a class of modules, such as nn.ReLU
            without parentheses.

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
        """The module at an index, or a MySequential of the modules of a slice.

        Indices and slices mean what they mean for a list, also negative ones and steps; a module that stands there
        twice has two indices. A slice holds the modules themselves, no copies, named "0", "1", ... again.

        Raises:
            IndexError: There is no module at the index.
        """
        raise NotImplementedError
