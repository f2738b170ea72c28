"""A call whose tensor arguments lie in larger buffers, on the CPU or on a GPU, and its answer as plain data.

The buffers come back whole, and so does what lies around the tensors of the result: the grader looks at them itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from d2l_kit.worker.runtimes.operators import ROOM, Operators


def function_of(module: Any, name: str) -> Any:
    """A function of the module, or a `Class.method`-like dotted name."""
    for part in name.split("."):
        module = getattr(module, part)
    return module


def call(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    how: Mapping[str, Any],
    operators: Operators,
    device: str = "cpu",
) -> dict[str, Any]:
    """Call a function and tell about it.

    Args:
        function: The student's.
        args: Positional arguments, each tensor by its values.
        kwargs: Keyword arguments likewise.
        how: {"placed": [[position or keyword, buffer, offset, stride], …] of the arguments that are views into a larger
            buffer; "cotangent": None or [values, buffer, offset, stride] of the result; "wrt": arguments to
            differentiate by}.
        operators: Not yet active; its log is emptied.
        device: Where the arguments are to lie.

    Returns:
        {"result", "gradients",
        "operators", "backward": what torch ran in the call, and in the backward pass,
        "after": [[which, buffer], …] of the placed arguments,
        "around": [[before, behind] or [], …] of each tensor of the result, as bytes,
        "shared": [index, …] of arguments that share memory with the result}; tensors on the CPU.
    """
    args, kwargs, buffers = _placed(args, kwargs, how.get("placed", ()), how.get("wrt", ()), device)
    with operators:
        result = function(*args, **kwargs)
    forward, operators.log = operators.log, []
    wanted = [args[key] if isinstance(key, int) else kwargs[key] for key in how.get("wrt", ())]
    gradients = _gradients(result, wanted, how.get("cotangent"), operators, device)
    parts = [part for part in _parts(result) if isinstance(part, torch.Tensor)]
    return {
        "result": plain(result),
        "gradients": gradients,
        "operators": forward,
        "backward": operators.log,
        "after": [[key, buffer.detach().cpu()] for key, buffer in buffers],
        "around": [_around(part.detach(), operators) for part in parts],
        "shared": _shared(parts, [*args, *kwargs.values()]),
    }


def on_device(args: Sequence[Any], device: str) -> list[Any]:
    """The arguments, tensors among them on the device, with the strides they have here."""
    return [_moved(each, device) if isinstance(each, torch.Tensor) else each for each in args]


def _moved(tensor: torch.Tensor, device: str) -> torch.Tensor:
    if device == "cpu":
        return tensor
    there = torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device=device)
    return there.copy_(tensor)


def _placed(
    args: Sequence[Any], kwargs: Mapping[str, Any], placed: Sequence[Any], wrt: Sequence[Any], device: str
) -> tuple[list[Any], dict[str, Any], list[tuple[Any, torch.Tensor]]]:
    """The arguments, those that are to lie in a larger buffer as views into it."""
    given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
    given = dict(zip(given, on_device(list(given.values()), device), strict=True))
    buffers = []
    for key, buffer, offset, stride in placed:
        there = _moved(buffer, device)
        given[key] = there.as_strided(given[key].size(), stride, offset)
        buffers.append((key, there))
    for key in wrt:
        given[key].requires_grad_()
    positional = [given[i] for i in range(len(args))]
    return positional, {key: given[key] for key in kwargs}, buffers


class _Seed(torch.autograd.Function):
    """The root of a backward pass: hands on a cotangent as it is, strides included, and starts the record."""

    @staticmethod
    def forward(ctx: Any, output: torch.Tensor, cotangent: torch.Tensor, operators: Operators) -> torch.Tensor:
        ctx.cotangent, ctx.operators = cotangent, operators
        return output.new_zeros(())

    @staticmethod
    def backward(ctx: Any, _one: torch.Tensor) -> Any:
        ctx.operators.paused = False
        return ctx.cotangent, None, None


def _gradients(result: Any, wanted: Sequence[Any], cotangent: Any, operators: Operators, device: str) -> Any:
    if cotangent is None:
        return None
    values, buffer, offset, stride = cotangent
    if not isinstance(result, torch.Tensor) or not result.requires_grad or result.shape != values.shape:
        return [None for _ in wanted]
    operators.paused = True
    into = (
        _moved(values, device) if buffer is None else _moved(buffer, device).as_strided(values.size(), stride, offset)
    )
    with operators:
        root = _Seed.apply(result, into, operators)  # type: ignore[no-untyped-call]
        found = torch.autograd.grad(root, list(wanted), allow_unused=True)
        operators.paused = True
    return [None if each is None else each.detach().cpu() for each in found]


def _parts(result: Any) -> Iterator[Any]:
    return itertools.chain.from_iterable(map(_parts, result)) if isinstance(result, tuple | list) else iter((result,))


def plain(result: Any) -> Any:
    """A result without graphs, on the CPU, in plain tuples and lists."""
    if isinstance(result, tuple | list):
        return type(result)(map(plain, result)) if type(result) in (tuple, list) else tuple(map(plain, result))
    return result.detach().cpu() if isinstance(result, torch.Tensor) else result


def _around(part: torch.Tensor, operators: Operators) -> list[torch.Tensor]:
    """What lies before and behind the memory of a tensor of the result, where there is room around it.

    As bytes: of one NaN and another a trace cannot tell which is which.
    """
    storage = part.untyped_storage()
    if storage.data_ptr() not in operators.roomy:
        return []
    end = storage.nbytes() // part.element_size() - ROOM
    return [part.as_strided((ROOM,), (1,), start).clone().cpu().view(torch.uint8) for start in (0, end)]


def _shared(parts: Sequence[torch.Tensor], arguments: Sequence[Any]) -> list[int]:
    """Which arguments share memory with the result."""
    own = {part.untyped_storage().data_ptr() for part in parts if part.numel()}
    tensors = [(i, each) for i, each in enumerate(arguments) if isinstance(each, torch.Tensor)]
    return [i for i, each in tensors if each.untyped_storage().data_ptr() in own]
