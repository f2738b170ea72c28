"""What checks of CUDA C++ call: a kernel on the CPU in several orders of its threads, and what must hold of it.

*Established*: the numbers in the kernel's arrays after each order, and the memory around them, which the grader sends
and looks at itself. *Observed* beside the student's code: races, barriers that some threads miss, counted accesses, the
size of shared memory, and what nvcc says; a check that rests on one of these alone is marked so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from d2l_kit.errors import AuthorError
from d2l_kit.grading.asserts import CheckFailed, assert_close
from d2l_kit.grading.evidence import Subject
from d2l_kit.grading.probes import probe
from d2l_kit.worker.codec import flat_bytes

ORDERS = ("ascending", "descending", "shuffled", "warp by warp", "warp by warp, from the last")
AROUND = 512  # elements before and behind each array
MAX_THREADS, MAX_BLOCKS = 1024, 4096

_STARTED = "The kernel {kernel} should run to its end."
_ENDS = {
    "endless": "It did not end within {seconds:g} s of processor time; block {block}, thread {thread} was running.",
    "crashed": "It crashed: block {block}, thread {thread} was running. Is an index far outside of an array?",
}
_FOUND = {
    "race": "Two threads use the same word, one of them writes, and no barrier stands between them{line}.",
    "unwritten": "A thread reads shared memory that no thread of its block has written yet{line}.",
    "diverged": "{thread} threads wait at a barrier{line} that {other} others never reach: they have left the kernel.",
    "diverged_lines": "Threads of one block wait at different barriers, lines {first} and {second}.",
    "outside": "A thread {does} outside of array {buffer}, at index {offset}{line}.",
    "warp_stuck": "Lanes of a warp wait for others{line} that never come to the same exchange.",
    "bad_mask": "A lane calls a warp function with a mask that leaves it out{line}.",
}
_SHOULD = {
    "race": "A barrier should stand between a write and the reads by other threads.",
    "unwritten": "Shared memory should be written before it is read.",
    "diverged": "Every thread of a block should reach every barrier.",
    "outside": "Every access should lie within the arrays.",
    "warp_stuck": "All lanes that a mask names should come to the exchange.",
    "bad_mask": "A lane should be in the mask that it gives.",
}


@probe
def run_kernel(module, kernel, grid, block, args, orders, seconds):  # type: ignore[no-untyped-def]
    """Run a kernel on the CPU."""
    from d2l_kit.worker.runtimes import shim

    return shim.launch(module, kernel, grid, block, args, orders, seconds)


@probe
def run_nvcc(module, arch):  # type: ignore[no-untyped-def]
    """Compile for a GPU."""
    from d2l_kit.worker.runtimes import shim

    return shim.compile_for_gpu(module, arch)


@dataclass(frozen=True)
class Launch:
    """What a launch left behind.

    Attributes:
        results: Order → the arrays afterwards, in the arguments' order; established.
        around: Order → array by array, whether the memory around it is as it was; established.
        found: Kind of fault → what was found first; observed.
        counted: Accesses, barriers and bytes of the first order; observed.
    """

    inputs: tuple[Tensor, ...]
    results: dict[str, list[Tensor]]
    around: dict[str, list[bool]]
    found: dict[str, Any]
    counted: dict[str, Any]
    lines: dict[str, Any]

    def assert_close(self, array: int, expected: Tensor, rtol: float | None = None, atol: float | None = None) -> None:
        """In every order of the threads the array holds these numbers. Established."""
        for order, arrays in self.results.items():
            assert_close(arrays[array], expected, rtol=rtol, atol=atol, what=f"result, threads {order},")

    def assert_within(self, *outputs: int) -> None:
        """Nothing around the arrays was written, nor any array but `outputs`. Established."""
        for order, intact in self.around.items():
            for array, whole in enumerate(intact):
                if not whole:
                    got = f"Memory before or behind array {array} was overwritten, with the threads {order}."
                    raise CheckFailed(_SHOULD["outside"], got)
                if array not in outputs and not _same(self.results[order][array], self.inputs[array]):
                    raise CheckFailed("An input should stay as it is.", f"Array {array} was changed.")

    def assert_clean(self, *kinds: str) -> None:
        """None of these faults was found: "race", "unwritten", "diverged", "outside". Observed."""
        for kind in kinds:
            if kind in self.found:
                raise _fault(kind, self.found[kind], self.lines)

    def assert_shared(self, at_least: int) -> None:
        """A block writes so many bytes of its shared memory. Observed."""
        written = int(self.counted.get("shared_written", 0))
        if written < at_least:
            should = f"A block should keep at least {at_least} bytes in `__shared__` arrays."
            raise CheckFailed(should, f"It wrote {written} bytes of shared memory.")


def launch(
    submission: Subject,
    kernel: str,
    *args: Tensor | int | float,
    grid: Sequence[int],
    block: Sequence[int],
    orders: Sequence[str] = ORDERS,
    seconds: float = 2.0,
) -> Launch:
    """Run a kernel of CUDA_SOURCE in each order of its threads; each array lies between stretches of NaN.

    Raises:
        CheckFailed: It cannot be compiled or launched, crashes, or does not end.
        AuthorError: The launch is too large.
    """
    threads, blocks = _volume(block), _volume(grid)
    if not (1 <= threads <= MAX_THREADS and 1 <= blocks <= MAX_BLOCKS):
        raise AuthorError(
            f"A launch of {blocks} blocks of {threads} threads is too large for the CPU.",
            f"Take at most {MAX_BLOCKS} blocks of {MAX_THREADS} threads.",
        )
    inputs = tuple(arg for arg in args if isinstance(arg, Tensor))
    sent = [_guarded(arg) if isinstance(arg, Tensor) else arg for arg in args]
    answer = submission.run(run_kernel, kernel, list(grid), list(block), sent, list(orders), seconds)
    if not isinstance(answer, dict) or answer.get("outcome") != "ended":
        raise _failure(answer, kernel, seconds)
    results: dict[str, list[Tensor]] = {}
    around: dict[str, list[bool]] = {}
    try:
        for order, memory in zip(orders, answer["memory"], strict=True):
            for given, whole in zip(inputs, memory, strict=True):
                inner = whole[AROUND : AROUND + given.numel()].reshape(given.shape)
                results.setdefault(order, []).append(inner)
                expected, _before, _count = _guarded(inner)
                around.setdefault(order, []).append(_same(whole, expected))
        return Launch(inputs, results, around, answer["found"], answer["counted"], answer["where"]["lines"])
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise CheckFailed(_STARTED.format(kernel=kernel), "What came back is no launch's result.") from error


def assert_compiles(submission: Subject, arch: str = "sm_80") -> bool:
    """nvcc accepts the source, and no register is spilled; False where there is no nvcc. Observed."""
    answer = submission.run(run_nvcc, arch)
    outcome = answer.get("outcome") if isinstance(answer, dict) else None
    if outcome == "no_nvcc":
        return False
    if outcome != "built":
        raise _failure(answer, "", 0.0)
    if answer.get("spilled"):
        raise CheckFailed("All values should fit into registers.", f"{answer['spilled']} bytes are spilled to memory.")
    return True


def _failure(answer: Any, kernel: str, seconds: float) -> CheckFailed:
    data = _dictionary(answer)
    outcome, where, found = data.get("outcome"), _dictionary(data.get("where")), _dictionary(data.get("found"))
    if outcome == "stuck" and found:
        kind = next((kind for kind in ("bad_mask", "warp_stuck") if kind in found), next(iter(found)))
        return _fault(kind, found[kind], where.get("lines", {}))
    if outcome in _ENDS:
        at = _dictionary(data.get("at"))
        text = _ENDS[str(outcome)].format(seconds=seconds, block=at.get("block"), thread=at.get("thread"))
        if "outside" in found:
            text += " " + _fault("outside", found["outside"], where.get("lines", {})).got
        return CheckFailed(_STARTED.format(kernel=kernel), text)
    line = f" (line {where['line']})" if where.get("line") else ""
    said = str(where.get("text", "It gave no result."))
    return CheckFailed("CUDA_SOURCE should be a kernel that compiles and can be launched.", f"{said}{line}")


def _fault(kind: str, found: Any, lines: Any) -> CheckFailed:
    first, second = [*(lines.get(kind, ()) if isinstance(lines, dict) else ()), 0, 0][:2]
    data = _dictionary(found)
    template = _FOUND["diverged_lines" if kind == "diverged" and second else kind]
    words = {key: data.get(key, "?") for key in ("thread", "other", "buffer", "offset")}
    line = f" at line {first}" if first else ""
    text = template.format(
        line=line, first=first, second=second, does="writes" if data.get("write") else "reads", **words
    )
    return CheckFailed(_SHOULD[kind], text)


def _dictionary(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _guarded(array: Tensor) -> tuple[Tensor, int, int]:
    odd = float("nan") if array.is_floating_point() else torch.iinfo(array.dtype).min
    whole = torch.full((array.numel() + 2 * AROUND,), odd, dtype=array.dtype)
    whole[AROUND : AROUND + array.numel()] = array.flatten()
    return whole, AROUND, array.numel()


def _same(mine: Tensor, theirs: Tensor) -> bool:
    return (
        mine.shape == theirs.shape
        and mine.dtype == theirs.dtype
        and torch.equal(flat_bytes(mine.contiguous()), flat_bytes(theirs.contiguous()))
    )


def _volume(sizes: Sequence[int]) -> int:
    product = 1
    for size in sizes:
        product *= int(size)
    return product
