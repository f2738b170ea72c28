"""singledispatch for moving; a stack instead of recursion for comparing."""

import functools

import torch


def try_gpu(i=0):
    if torch.cuda.is_available() and 0 <= i < torch.cuda.device_count():
        return torch.device("cuda:" + str(i))
    return torch.device("cpu")


@functools.singledispatch
def _moved(obj, device):
    return obj


@_moved.register(torch.Tensor)
@_moved.register(torch.nn.Module)
def _(obj, device):
    return obj.to(device)


@_moved.register(dict)
def _(obj, device):
    new = obj.copy()
    for key, value in obj.items():
        new[key] = _moved(value, device)
    return new


@_moved.register(list)
@_moved.register(tuple)
def _(obj, device):
    parts = map(functools.partial(_moved, device=device), obj)
    return obj._make(parts) if hasattr(obj, "_make") else type(obj)(parts)


def to_device(obj, device):
    return _moved(obj, device)


def same_device(*objs):
    stack, devices = list(objs), []
    while stack:
        top = stack.pop()
        if isinstance(top, torch.Tensor):
            if top.device not in devices:
                devices.append(top.device)
        elif isinstance(top, torch.nn.Module):
            stack.extend(top.parameters())
            stack.extend(top.buffers())
        elif isinstance(top, dict):
            stack.extend(top.values())
        elif isinstance(top, (list, tuple)):
            stack.extend(top)
    return len(devices) < 2
