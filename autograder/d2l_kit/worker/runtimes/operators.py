"""Which operators of torch a call runs outside its kernels, and room around what it allocates.

What `torch.empty` gives is filled with NaN (whole numbers: the largest), so that an element that no kernel writes is
seen in the result; and every new tensor lies in a larger buffer of the same, so that what is written around it is too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

ROOM = 64  # elements before and behind each new tensor
# Not the NaN that surrounds a check's arguments: one read there and stored here must be seen.
_NAN = {
    torch.float16: (torch.int16, 0x7E5A),
    torch.bfloat16: (torch.int16, 0x7FDA),
    torch.float32: (torch.int32, 0x7FC5A5A5),
    torch.float64: (torch.int64, 0x7FF85A5A5A5A5A5A),
}
_ROOMY_DEVICES = ("cpu", "cuda")
_MOST = 200  # operators remembered
_MADE = {"empty", "new_empty", "empty_like", "empty_strided", "new_empty_strided"}
_FILLED = {"zeros", "ones", "full", "new_zeros", "new_ones", "new_full", "zeros_like", "ones_like", "full_like"}
_FILLING = {"fill_", "zero_", "scalar_tensor", "lift_fresh", "_local_scalar_dense"}
_COPIES = {"clone", "copy_", "_to_copy", "contiguous", "resize_", "set_"}
_VIEWS = {"detach", "detach_", "alias", "_unsafe_view", "_reshape_alias"}


def unwritten(count: int, dtype: torch.dtype, device: torch.device | str = "cpu") -> torch.Tensor:
    """What stands for "nobody has written here": a NaN that no arithmetic makes, or the largest number."""
    if dtype in _NAN:
        bits, pattern = _NAN[dtype]
        return torch.full((count,), pattern, dtype=bits, device=device).view(dtype)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.full((count,), float("nan"), dtype=dtype, device=device)
    largest = True if dtype == torch.bool else torch.iinfo(dtype).max
    return torch.full((count,), largest, dtype=dtype, device=device)


class Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own class has no types
    """Records operators while it is active and not paused.

    Args:
        file: The student's, whose lines are noted.
        memory: Told of new storages, and of those that an operator writes into.
    """

    def __init__(self, file: str, memory: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.log: list[dict[str, Any]] = []
        self.paused = False
        self.roomy: set[int] = set()  # addresses of the storages made with room around
        self._file = file
        self._memory = memory

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and what torch wraps around it else imports for more than a second

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if self.paused:
            return result
        name = func._schema.name.removeprefix("aten::")
        if len(self.log) < _MOST:
            kind = _kind(func, name)
            made = result.numel() if kind != "view" and isinstance(result, torch.Tensor) else 0
            self.log.append({"name": name, "kind": kind, "line": line_in(self._file), "elements": made})
        if name in _MADE | _FILLED and isinstance(result, torch.Tensor) and result.device.type in _ROOMY_DEVICES:
            return self._with_room(result, name in _MADE)
        for tensor, argument in zip(args, func._schema.arguments, strict=False):
            if isinstance(tensor, torch.Tensor) and argument.alias_info is not None and argument.alias_info.is_write:
                self._memory.storage(tensor).written = None
        return result

    def _with_room(self, made: torch.Tensor, empty: bool) -> torch.Tensor:
        steps = zip(made.shape, made.stride(), strict=True)
        span = 1 + sum((size - 1) * stride for size, stride in steps) if made.numel() else 0
        buffer = unwritten(span + 2 * ROOM, made.dtype, made.device)
        placed = buffer.as_strided(made.size(), made.stride(), ROOM)
        if not empty:
            placed.copy_(made)
        self._memory.storage(placed, written=not empty)
        self.roomy.add(placed.untyped_storage().data_ptr())
        return placed


def line_in(file: str) -> tuple[int, str]:
    """The line of the student's file that is being run, and the function it stands in."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == file:
            return frame.f_lineno, frame.f_code.co_name
        frame = frame.f_back  # type: ignore[assignment]
    return 0, ""


def _kind(func: Any, name: str) -> str:
    if name in _MADE | _FILLED | _FILLING:
        return "allocate"
    if name in _COPIES:
        return "copy"
    returned = func._schema.returns
    alias = returned[0].alias_info if returned else None
    if name in _VIEWS or (alias is not None and not alias.is_write):
        return "view"
    return "compute"
