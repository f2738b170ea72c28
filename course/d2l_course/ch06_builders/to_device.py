"""Moving nested data to a device (section 6.7)."""

from typing import Any

import torch
from torch import Tensor, nn


def try_gpu(i: int = 0) -> torch.device:
    """GPU number i, counted from 0, if this machine has it, else the CPU.

    `torch.cuda.device_count()` says how many there are. No GPU has a negative number, so that gives the CPU, too.

    Example:
        >>> try_gpu(1000)
        device(type='cpu')

    Book: section 6.7.
    """
    raise NotImplementedError


def to_device(obj: Any, device: torch.device | str) -> Any:
    """Move all tensors and modules in nested containers to a device.

    Args:
        obj: A tensor, a module, a dict, OrderedDict, defaultdict, list, tuple or namedtuple of such, nested to any
            depth, or anything else. Classes of your own that derive from a container are not asked for.
        device: Where to.

    Returns:
        The same structure with containers of the same types, made anew, empty ones too: no container of the caller
        changes. A dict keeps the order of its keys, and a defaultdict its default_factory. A tensor moves as by
        `tensor.to`: gradients flow through, and one that is there already is returned itself, not copied. Values that
        are none of the above (numbers, texts, None, sets, other objects, even if they have a `to`) come back
        themselves. A module moves in place, as `module.to` does, and is returned.

    Example:
        >>> to_device({"x": (torch.ones(1), "one")}, "cpu")
        {'x': (tensor([1.]), 'one')}
    """
    raise NotImplementedError


def same_device(*objs: Any) -> bool:
    """Whether all tensors in nested objects are on one device.

    Args:
        objs: As for `to_device`. Of a module, parameters and buffers count.

    Returns:
        A bool; True if there is no tensor at all.

    Example:
        >>> same_device([torch.ones(2)], torch.ones(2, device="meta"))
        False
    """
    raise NotImplementedError
