"""Runs a function whose Triton kernels are interpreted, and watches what the kernels do to memory.

Triton's interpreter runs the programs of a launch one after the other and has no bounds: a missing mask reads and
writes whatever lies there. For the time of one call its memory operations and its loop over the grid are replaced by
ones that ask `shadow` first. All of it stands beside the student's code, so what is reported is observed; what the
grader can establish itself are the values and what lies around the tensors, which are handed back whole.

It is written for Triton's interpreter as of 3.6 and 3.7: `_GridExecutor` below does what `GridExecutor` there does.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import linecache
import random
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np
import torch
import triton.language as tl
import triton.runtime.interpreter as interpreter
from triton.language import core
from triton.runtime.jit import mangle_type

from d2l_kit.worker.runtimes import calls
from d2l_kit.worker.runtimes.operators import Operators, line_in
from d2l_kit.worker.runtimes.shadow import Memory

MAX_PROGRAMS = 4096
MAX_LAUNCHES = 256
SECONDS = 3.0  # of this process's own time, for one call: a kernel that needs more does not end
_FINDINGS = 20
SUMMARY = 100  # more than a trace looks at: what stands behind differs with every student's names and lines
_OPTIONS = ("num_warps", "num_stages", "num_ctas")


class KernelError(RuntimeError):
    """A launch that no GPU would carry out, or that does not end."""


def launched(module: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], how: Mapping[str, Any]) -> Any:
    """Call a function of the module and tell all about it, as plain data.

    Args:
        module: The student's.
        name: The function, or `Class.method`-like dotted name.
        args: Positional arguments, each tensor by its values.
        kwargs: Keyword arguments likewise.
        how: {"order": "identity", "reversed" or a seed}, and what `calls.call` takes.

    Returns:
        What `calls.call` does, but for the operators;
        "seen": JSON of {"launches", "findings", "operators", "backward"} behind a summary of `SUMMARY` characters.
    """
    recorder = _Recorder(module.__file__, how.get("order", "identity"))
    with recorder.watching():
        answer = calls.call(calls.function_of(module, name), args, kwargs, how, recorder.operators)
    seen = {
        "launches": recorder.launches,
        "findings": recorder.findings(),
        "operators": answer.pop("operators"),
        "backward": answer.pop("backward"),
    }
    return {**answer, "seen": _in_words(seen) + json.dumps(seen)}


class _Recorder:
    """One call's launches and findings, and the replacements that make them."""

    def __init__(self, file: str, order: str | int) -> None:
        self.launches: list[dict[str, Any]] = []
        self.memory = Memory()
        self.operators = Operators(file, self.memory)
        self.file = file
        self.order = order
        self._at: dict[str, Any] = {}

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Replace the interpreter's memory operations and its loop over the grid, and put them back."""
        builder = interpreter.interpreter_builder
        with contextlib.ExitStack() as stack:
            for operation in ("create_masked_load", "create_masked_store", "create_atomic_cas", "create_atomic_rmw"):
                _replace(stack, builder, operation, getattr(self, operation))
            _replace(stack, builder, "create_dot", self.create_dot)
            _replace(stack, interpreter, "GridExecutor", self._executor)
            _replace(stack, interpreter, "_implicit_cvt", self._convert)
            _replace(stack, interpreter.InterpretedFunction, "__call__", _call_helper)
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore", RuntimeWarning)
            stack.enter_context(np.errstate(all="ignore"))
            stack.enter_context(self._bounded())
            yield

    def findings(self) -> list[dict[str, Any]]:
        """What was seen, in the order in which it was first seen; programs by their coordinates."""
        found = []
        for each in list(self.memory.findings.values())[:_FINDINGS]:
            grid = each["grid"]
            other = {"other": _coordinates(each["other"], grid)} if each.get("other", -1) >= 0 else {}
            found.append({**each, "programs": len(each["programs"]), "other": None, **other})
        return found

    # The loop over the grid.

    def _executor(self, fn: Any, names: Sequence[str], grid: Any, hooks: Sequence[Any] = ()) -> Callable[..., None]:
        def run(*args: Any, **kwargs: Any) -> None:
            self.operators.paused = True
            try:
                self._launch(fn, names, grid, hooks, args, kwargs)
            finally:
                self.operators.paused = False

        return run

    def _launch(
        self, fn: Any, names: Sequence[str], grid: Any, hooks: Sequence[Any], args: Any, given: Mapping[str, Any]
    ) -> None:
        options = {key: given[key] for key in _OPTIONS if key in given and key not in names}
        known = {key: value for key, value in given.items() if key in names}
        for hook in hooks:
            hook(*args, **known)
        bound = inspect.getcallargs(fn, *args, **known)
        constants = {name for name in names if _is_constant(fn, name)}
        sizes = self._grid(fn.__name__, grid, bound)
        if len(self.launches) >= MAX_LAUNCHES:
            raise KernelError(f"More than {MAX_LAUNCHES} launches in one call; the last was of {fn.__name__}.")
        record = _record(fn.__name__, sizes, bound, constants, options)
        record["line"] = line_in(self.file)[0]
        self.launches.append(record)
        scope = interpreter._patch_lang(_both_languages)
        scope.set_attr(tl.tensor, "__index__", _index)
        self.memory.begin(record["programs"])
        try:
            values = {
                name: value if name in constants else self._argument(name, value) for name, value in bound.items()
            }
            builder = interpreter.interpreter_builder
            builder.set_grid_dim(*sizes)
            for number in self._ordered(record["programs"]):
                place = _coordinates(number, sizes)
                self._at = {"kernel": fn.__name__, "grid": sizes, "program": place, "number": number}
                builder.set_grid_idx(*place)
                fn(**values)
        except interpreter.InterpreterError as error:
            raise (error.__cause__ or error) from None
        finally:
            scope.restore()

    def _grid(self, kernel: str, grid: Any, bound: Mapping[str, Any]) -> tuple[int, int, int]:
        sizes = grid(bound) if callable(grid) else grid
        sizes = tuple(sizes) if isinstance(sizes, tuple | list) else (sizes,)
        if not 1 <= len(sizes) <= 3 or not all(isinstance(n, int) and n >= 0 for n in sizes):
            raise KernelError(f"{kernel} was launched with the grid {sizes!r}; a grid is one to three whole numbers.")
        if (programs := int(np.prod(sizes, dtype=object))) > MAX_PROGRAMS:
            raise KernelError(
                f"{kernel} was launched with the grid {sizes!r}: {programs:,} programs, of which this check needs far "
                f"fewer than {MAX_PROGRAMS:,}. One program does a block of elements, not one element."
            )
        return (*sizes, 1, 1)[:3]

    def _ordered(self, programs: int) -> list[int]:
        numbers = list(range(programs))
        if self.order == "reversed":
            numbers.reverse()
        elif self.order != "identity":
            random.Random(self.order).shuffle(numbers)
        return numbers

    def _argument(self, name: str, value: Any) -> Any:
        """A kernel's argument as the interpreter wants it; its name is kept for what `_convert` meets in it."""
        self._at = {"argument": name}
        return interpreter._implicit_cvt(value)

    def _convert(self, value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return _ORIGINAL_CONVERT(value)
        kind = tl.str_to_ty(mangle_type(value), None)
        address = self.memory.tagged(self._at["argument"], value.detach())
        return tl.tensor(interpreter.TensorHandle(np.array([address], dtype=np.uint64), kind), kind)

    @contextlib.contextmanager
    def _bounded(self) -> Iterator[None]:
        """Raise in a call that uses more than `SECONDS` of this process's time; a waiting process uses none."""

        def stop(_signal: int, _frame: FrameType | None) -> None:
            where = f" of {self._at['kernel']}, program {self._at['program']}," if "kernel" in self._at else ""
            number, _name = line_in(self.file)
            raise KernelError(f"It does not end: line {number}{where} was still running after {SECONDS:g} s.")

        before = signal.signal(signal.SIGVTALRM, stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)

    # Memory operations, by the names that Triton's builder gives them.

    def create_masked_load(self, ptrs: Any, mask: Any, other: Any, *_hints: Any) -> Any:
        """A load: lanes that are masked off get `other`, lanes that went astray what stands for unwritten memory."""
        dtype = interpreter._get_np_dtype(ptrs.get_element_ty())
        access = self._access("load", ptrs, mask.data, dtype)
        filler = np.zeros(ptrs.data.shape, dtype) if other is None else np.broadcast_to(other.data, ptrs.data.shape)
        if not access.mask.all():
            astray = np.broadcast_to(mask.data, ptrs.data.shape) & ~access.mask
            filler = np.where(astray, _nothing(dtype), filler).astype(dtype)
        loaded = interpreter._interpreter.load(access.pointers, access.mask, np.ascontiguousarray(filler), dtype)
        return interpreter.TensorHandle(loaded, ptrs.get_element_ty())

    def create_masked_store(self, ptrs: Any, value: Any, mask: Any, *_hints: Any) -> Any:
        """A store, of the lanes that stay in the memory they come from."""
        values = np.ascontiguousarray(np.broadcast_to(value.data, ptrs.data.shape))
        access = self._access("store", ptrs, mask.data, value.data.dtype, values=values)
        return interpreter._interpreter.store(access.pointers, values, access.mask)

    def create_atomic_rmw(self, operation: Any, ptr: Any, val: Any, mask: Any, sem: Any, _scope: Any) -> Any:
        """An atomic; of a scalar one that is not relaxed, another program learns what came before it."""
        orders = ptr.data.size == 1 and sem != interpreter._ir.MEM_SEMANTIC.RELAXED
        access = self._access("atomic", ptr, mask.data, val.data.dtype, orders=orders)
        kind = interpreter.interpreter_builder.ir_rmw_op_to_interpreter_rmw_op[operation]
        order = interpreter.interpreter_builder.ir_sem_to_interpreter_sem[sem]
        values = np.ascontiguousarray(np.broadcast_to(val.data, ptr.data.shape))
        before = interpreter._interpreter.atomic_rmw(kind, access.pointers, values, access.mask, order)
        return interpreter.TensorHandle(before, val.dtype.scalar)

    def create_atomic_cas(self, ptr: Any, cmp: Any, val: Any, sem: Any, _scope: Any) -> Any:
        """A compare-and-swap; one that went astray answers with what it was compared with."""
        orders = ptr.data.size == 1 and sem != interpreter._ir.MEM_SEMANTIC.RELAXED
        access = self._access("atomic", ptr, np.ones(ptr.data.shape, bool), cmp.data.dtype, orders=orders)
        if not access.mask.all():
            return interpreter.TensorHandle(np.broadcast_to(cmp.data, ptr.data.shape).copy(), cmp.dtype.scalar)
        order = interpreter.interpreter_builder.ir_sem_to_interpreter_sem[sem]
        before = interpreter._interpreter.atomic_cas(access.pointers, cmp.data, val.data, order)
        return interpreter.TensorHandle(before, cmp.dtype.scalar)

    def create_dot(self, *args: Any, **kwargs: Any) -> Any:
        """A product of two tiles, counted."""
        self.launches[-1]["dots"] += 1
        return _ORIGINAL_DOT(interpreter.interpreter_builder, *args, **kwargs)

    def _access(self, kind: str, ptrs: Any, mask: Any, dtype: Any, **more: Any) -> Any:
        line, _function = line_in(self.file)
        text = linecache.getline(self.file, line).strip()
        record = self.launches[-1]
        record[kind + "s"] += 1
        record["lanes"] += int(np.count_nonzero(np.broadcast_to(mask, ptrs.data.shape)))
        record["widest"] = max(record["widest"], int(ptrs.data.size))
        at = {**self._at, "line": line, "text": text}
        return self.memory.access(kind, ptrs.data, mask, np.dtype(dtype).itemsize, at, **more)


_ORIGINAL_CONVERT = interpreter._implicit_cvt
_ORIGINAL_DOT = interpreter.InterpreterBuilder.create_dot


def _both_languages() -> tuple[Any, Any]:
    """A function that sees both names of Triton's language: patching for it patches for every kernel and helper."""
    return tl, core


def _index(number: Any) -> int:
    """A number in `range()`: Triton 3.6 hands numpy an array of one element for it, which numpy 2.4 refuses."""
    return int(number.handle.data.item())


def _call_helper(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a `@triton.jit` function from a kernel, without patching again and without wrapping what it raises."""
    return function.rewrite()(*args, **kwargs)


def _replace(stack: contextlib.ExitStack, owner: Any, name: str, new: Any) -> None:
    own = vars(owner).get(name)
    setattr(owner, name, new)
    stack.callback(lambda: delattr(owner, name) if own is None else setattr(owner, name, own))


def _is_constant(fn: Any, name: str) -> bool:
    annotation = fn.__annotations__.get(name)
    return annotation is tl.constexpr or "constexpr" in str(annotation)


def _record(
    kernel: str, grid: tuple[int, int, int], bound: Mapping[str, Any], constants: set[str], options: Mapping[str, Any]
) -> dict[str, Any]:
    """A launch as it is remembered; `signature` and `constants` are what compiling the kernel needs."""
    signature, values = {}, {}
    for name, value in bound.items():
        if name in constants or value is None:
            signature[name] = "constexpr"
            values[name] = getattr(value, "value", value)
        else:
            signature[name] = str(mangle_type(value))
    plain = {
        name: value for name, value in values.items() if value is None or isinstance(value, bool | int | float | str)
    }
    plain |= {name: str(value) for name, value in values.items() if isinstance(value, tl.dtype)}
    return {
        "kernel": kernel,
        "grid": list(grid),
        "programs": grid[0] * grid[1] * grid[2],
        "signature": signature,
        "constants": plain,
        "options": {name: int(value) for name, value in options.items()},
        "loads": 0,
        "stores": 0,
        "atomics": 0,
        "dots": 0,
        "lanes": 0,
        "widest": 0,
    }


def _in_words(seen: Mapping[str, Any]) -> str:
    """What was seen without names and lines, so that two sources with the same mistake give the same text."""
    kinds = sorted({f"{each['what']} {each['access']}" for each in seen["findings"]})
    computed = sorted({each["name"] for part in ("operators", "backward") for each in seen[part] if _computes(each)})
    text = f"{len(seen['launches'])} launched; {', '.join(kinds) or 'clean'}; {', '.join(computed) or 'no arithmetic'}"
    return text[:SUMMARY].ljust(SUMMARY)


def _computes(operator: Mapping[str, Any]) -> bool:
    return bool(operator["kind"] == "compute")


def _coordinates(number: int, grid: Sequence[int]) -> tuple[int, int, int]:
    return number % grid[0], number // grid[0] % grid[1], number // grid[0] // grid[1]


def _nothing(dtype: Any) -> Any:
    if dtype.kind == "f":
        return np.nan
    return True if dtype.kind == "b" else np.iinfo(dtype).max
