"""Save a training run, and go on as if it had never stopped (section 6.6)."""

from pathlib import Path

import torch
from torch import nn


def save_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer, epoch: int) -> None:
    """Write all that is needed to go on with the training into one file.

    The parameters are not all: a model has buffers, such as the running means of batch normalization, and an
    optimizer has a memory, such as momentum, besides its settings. All of it goes into the file, and nothing but
    tensors and plain Python values, so that `torch.load(path, weights_only=True)` can read it: a whole module as an
    object would tie the file to the code of today. How it is laid out is up to you. Also up to you is whether the
    state of torch's random generator is in it.

    Args:
        path: The file, with whatever suffix, or none. One that is there is overwritten. No other file is left behind.
        model: What is trained. It stays as it is, gradients and mode included.
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
    or evaluation) it is in, with or without an optimizer. The state of torch's random generator becomes what it was
    when saving, if you save it, else it stays as it is. Not every file is what it seems to be: one that somebody has
    prepared to run code when it is loaded must not be able to.

    Args:
        path: The file. It may have been moved or renamed since it was saved.
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
