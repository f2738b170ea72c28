"""One function that maps over the leaves of any structure."""

from collections import OrderedDict, defaultdict

import torch
from torch import nn


def try_gpu(i=0):
    if torch.cuda.is_available() and i in range(torch.cuda.device_count()):
        return torch.device(f"cuda:{i}")
    return torch.device("cpu")


def over_leaves(function, obj):
    if isinstance(obj, dict):
        items = [(key, over_leaves(function, value)) for key, value in obj.items()]
        if isinstance(obj, defaultdict):
            return defaultdict(obj.default_factory, items)
        return OrderedDict(items) if isinstance(obj, OrderedDict) else dict(items)
    if isinstance(obj, tuple) and hasattr(obj, "_make"):
        return obj._make(over_leaves(function, part) for part in obj)
    if isinstance(obj, tuple):
        return tuple(over_leaves(function, part) for part in obj)
    if isinstance(obj, list):
        return [over_leaves(function, part) for part in obj]
    return function(obj)


def to_device(obj, device):
    return over_leaves(lambda leaf: leaf.to(device) if isinstance(leaf, (torch.Tensor, nn.Module)) else leaf, obj)


def same_device(*objs):
    found = []

    def note(leaf):
        if isinstance(leaf, torch.Tensor):
            found.append(leaf.device)
        elif isinstance(leaf, nn.Module):
            found.extend(t.device for t in [*leaf.parameters(), *leaf.buffers()])

    over_leaves(note, objs)
    return all(device == found[0] for device in found)
