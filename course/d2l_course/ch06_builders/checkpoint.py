"""Save a training run, and go on as if it had never stopped (section 6.6)."""

from pathlib import Path

import torch
from torch import nn


def save_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer, epoch: int) -> None:
    """Write all that is needed to go on with the training into one file.

    The parameters are not all: a model has buffers, such as the running means of batch normalization, and an
    optimizer has a memory, such as momentum, besides its settings. All of it goes into the file, and nothing but
    tensors and plain Python values, so that `torch.load(path, weights_only=True)` can read it: a whole module as an
    object would tie the file to the code of today.

    Args:
        path: The file, with whatever suffix, or none. One that is there is overwritten. No other file is left behind.
        model: What is trained. It stays as it is.
        optimizer: What trains it. It stays as it is.
        epoch: How many epochs are done.

    Example:
        >>> net = nn.Linear(2, 1)
        >>> sgd = torch.optim.SGD(net.parameters(), lr=0.1)
        >>> save_checkpoint("net.ckpt", net, sgd, 3)
        >>> load_checkpoint("net.ckpt", net, sgd)
        3

    Book: section 6.6.
    """
    raise NotImplementedError


def load_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> int:
    """Read a file of `save_checkpoint`, and put everything where it was.

    What you are given is filled, not replaced: the same model with the same parameter objects, in the mode (training
    or evaluation) it is in. A file from somebody else must not be able to run code.

    Args:
        path: The file. It may have been moved since, and another program may have written it.
        model: Gets the parameters and buffers.
        optimizer: Gets its memory and settings; None if the model is only to be used.

    Returns:
        The epoch that was saved, an int.

    Raises:
        FileNotFoundError: There is no such file.
        RuntimeError: The model does not fit: names or shapes differ.

    Example:
        See `save_checkpoint`.
    """
    raise NotImplementedError
