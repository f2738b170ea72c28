"""Structural matching, and one flat list of tensors."""

import torch
from torch import nn


def try_gpu(i: int = 0) -> torch.device:
    try:
        count = torch.cuda.device_count()
    except RuntimeError:
        count = 0
    return torch.device("cpu") if i < 0 or i >= count else torch.device(f"cuda:{i}")


def to_device(obj, device):
    match obj:
        case torch.Tensor() | nn.Module():
            return obj.to(device=device)
        case dict():
            new = obj.copy()
            for key in obj:
                new[key] = to_device(obj[key], device)
            return new
        case list():
            return [to_device(part, device) for part in obj]
        case tuple() if hasattr(type(obj), "_make"):
            return type(obj)(**{name: to_device(value, device) for name, value in obj._asdict().items()})
        case tuple():
            return tuple([to_device(part, device) for part in obj])
    return obj


def flat(obj):
    match obj:
        case torch.Tensor():
            return [obj]
        case nn.Module():
            own = [t for m in obj.modules() for t in (*m._parameters.values(), *m._buffers.values())]
            return [t for t in own if t is not None]
        case dict():
            return flat(list(obj.values()))
        case list() | tuple():
            return [t for part in obj for t in flat(part)]
    return []


def same_device(*objs):
    tensors = flat(objs)
    return not tensors or all(t.device == tensors[0].device for t in tensors[1:])
