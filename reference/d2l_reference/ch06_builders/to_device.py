"""Solution of ch06/to_device."""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn


def try_gpu(i: int = 0) -> torch.device:
    return torch.device("cuda", i) if 0 <= i < torch.cuda.device_count() else torch.device("cpu")


def to_device(obj: Any, device: torch.device | str) -> Any:
    if isinstance(obj, Tensor | nn.Module):
        return obj.to(device)
    if isinstance(obj, dict):
        new = copy.copy(obj)  # a defaultdict keeps its factory
        new.update({key: to_device(value, device) for key, value in obj.items()})
        return new
    if isinstance(obj, list | tuple):
        parts = [to_device(part, device) for part in obj]
        return type(obj)(*parts) if hasattr(obj, "_fields") else type(obj)(parts)
    return obj


def same_device(*objs: Any) -> bool:
    return len({tensor.device for tensor in _tensors(objs)}) <= 1


def _tensors(obj: Any) -> Iterator[Tensor]:
    if isinstance(obj, Tensor):
        yield obj
    elif isinstance(obj, nn.Module):
        yield from obj.parameters()
        yield from obj.buffers()
    elif isinstance(obj, dict | list | tuple):
        for part in obj.values() if isinstance(obj, dict) else obj:
            yield from _tensors(part)
