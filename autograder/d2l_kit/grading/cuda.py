"""What checks of CUDA C++ call: a kernel on the CPU in several orders of its threads, and what must hold of it.

*Established*: the numbers in the kernel's arrays after each order, and the memory around them, which the grader sends
and looks at itself. *Observed* beside the student's code: races, barriers that some threads miss, counted accesses, the
size of shared memory, and what nvcc says; a check that rests on one of these alone is marked so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from d2l_kit.errors import AuthorError
from d2l_kit.grading.asserts import CheckFailed, assert_close
from d2l_kit.grading.evidence import Subject
from d2l_kit.grading.probes import ready_made, silent
from d2l_kit.worker.codec import flat_bytes
from d2l_kit.worker.runtimes import shim

ON_GPU = "as a GPU runs them"  # an order of the threads, too
ORDERS = ("ascending", "descending", "shuffled", "warp by warp", "warp by warp, from the last")
AROUND = 512  # elements before and behind each array
MAX_THREADS, MAX_BLOCKS = 1024, 4096

_LIBRARY = "cuda library"  # of what a submission's workers keep for each other
_LIBRARY_BYTES, _NAME, _REASON = 4 << 20, 100, 200
_NO_NVCC = "nvcc could not be used ({why}): the C++ compiler alone has looked at CUDA_SOURCE"

_ON_GPU_HELP = "An index far outside of an array ends a kernel there, and so do more registers than a block may have."
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
    "outside": "A thread {does} outside of {array}, at index {offset}{line}.",
    "outside_shared": "A thread {does} outside of its block's shared arrays{line}.",
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


@ready_made
def run_kernel(module, called, args, named, how):  # type: ignore[no-untyped-def]
    """Run a kernel on the CPU."""
    from d2l_kit.worker.runtimes import shim

    return shim.launch(module, args=list(named.values()), **how)


@ready_made
def run_on_gpu(module, called, args, named, how):  # type: ignore[no-untyped-def]
    """Run a kernel on a GPU."""
    from d2l_kit.worker.runtimes import on_gpu

    return on_gpu.run_kernel(module, args=list(named.values()), **how)


@silent
def run_nvcc(module, arch):  # type: ignore[no-untyped-def]
    """Compile for a GPU."""
    from d2l_kit.worker.runtimes import shim

    return shim.compile_for_gpu(module, arch)


@dataclass(frozen=True)
class Launch:
    """What a launch left behind; arrays go by the names of the kernel's parameters.

    Attributes:
        inputs: The arrays as they were handed over.
        results: Order → the arrays afterwards; established.
        around: Order → array → whether the memory around it is as it was; established.
        found: Kind of fault → what was found first; observed.
        counted: Accesses, barriers and bytes of the first order; observed.
        lines: Kind of fault → the lines it was found at; observed.
        watched: Whether the check may look at what was found and counted: on a GPU nothing is.
    """

    inputs: Mapping[str, Tensor]
    results: Mapping[str, Mapping[str, Tensor]]
    around: Mapping[str, Mapping[str, bool]]
    found: Mapping[str, Any]
    counted: Mapping[str, Any]
    lines: Mapping[str, Any]
    watched: bool = True

    def assert_close(self, array: str, expected: Tensor, rtol: float | None = None, atol: float | None = None) -> None:
        """In every order of the threads the array holds these numbers. Established; what was found is said as help."""
        for order, arrays in self.results.items():
            try:
                assert_close(arrays[array], expected, rtol=rtol, atol=atol, what=f"{array}, with the threads {order},")
            except CheckFailed as error:
                seen = [_fault(kind, self.found[kind], self.lines, list(self.inputs)).got for kind in self.found]
                help = "Seen on the way: " + " ".join(seen) if seen else error.help
                raise CheckFailed(error.expected, error.got, error.secret, help) from error

    def assert_within(self, *outputs: str) -> None:
        """Nothing around the arrays was written, nor any array but `outputs`. Established."""
        for order, intact in self.around.items():
            for array, whole in intact.items():
                if not whole:
                    got = f"Memory before or behind {array} was overwritten, with the threads {order}."
                    raise CheckFailed(_SHOULD["outside"], got)
                if array not in outputs and not _same(self.results[order][array], self.inputs[array]):
                    raise CheckFailed("An input should stay as it is.", f"{array} was changed.")

    def assert_clean(self, *kinds: str) -> None:
        """None of these faults was found: "race", "unwritten", "diverged", "outside". Observed."""
        self._must_be_watched("assert_clean")
        for kind in kinds:
            if kind in self.found:
                raise _fault(kind, self.found[kind], self.lines, list(self.inputs))

    def assert_shared(self, at_least: int) -> None:
        """A block writes so many bytes of its shared memory. Observed."""
        written = self._count("shared_written")
        if written < at_least:
            should = f"A block should keep at least {at_least} bytes in `__shared__` arrays."
            raise CheckFailed(should, f"It wrote {written} bytes of shared memory.")

    def assert_traffic(self, array: str, loads: int | None = None, stores: int | None = None, help: str = "") -> None:
        """All threads together load and store at most so many elements of an array in global memory. Observed."""
        place = list(self.inputs).index(array)
        for what, most, verb in (("loads", loads, "load"), ("stores", stores, "store")):
            count = self._count(what, place)
            if most is not None and count > most:
                should = f"All threads together should {verb} at most {most:,} elements of {array}."
                got = f"It has {self.inputs[array].numel():,} elements; {count:,} {what} were counted."
                raise CheckFailed(should, got, help=help)

    def assert_shared_out(self, loads: int, shared_loads: int, help: str = "") -> None:
        """No thread of a block loads more than this of global and of shared memory: the work is shared. Observed."""
        for what, most, where in (("most_loads", loads, "global"), ("most_shared_loads", shared_loads, "shared")):
            count = self._count(what)
            if count > most:
                should = f"The work should be shared: no thread should load more than {most} numbers of {where} memory."
                raise CheckFailed(should, f"One thread loaded {count}.", help=help)

    def _must_be_watched(self, asked: str) -> None:
        """Whatever is not marked runs on a GPU, too, where nothing is watched: there it would find nothing, ever."""
        if not self.watched:
            raise AuthorError(f"{asked} rests on what is seen on the CPU.", "Mark the check `observed`.")

    def _count(self, what: str, place: int | None = None) -> int:
        self._must_be_watched("What is counted")
        count = self.counted.get(what)
        try:
            return int(count if place is None else count[place])  # type: ignore[arg-type,index]
        except (TypeError, ValueError, IndexError, KeyError) as error:
            raise CheckFailed("The accesses should be counted.", "What came back is no launch's result.") from error


def launch(
    submission: Subject,
    kernel: str,
    arguments: Mapping[str, Tensor | int | float],
    *,
    grid: Sequence[int],
    block: Sequence[int],
    orders: Sequence[str] = ORDERS,
    seconds: float = 2.0,
) -> Launch:
    """Run a kernel of CUDA_SOURCE in each order of its threads; each array lies between stretches of NaN.

    If the submission is on a GPU, it runs there, once, and nothing is found or counted.

    Args:
        submission: The subject.
        kernel: The kernel's name.
        arguments: Its arguments in order, by the names that messages give them.
        grid: Blocks along x, y, z.
        block: Threads along x, y, z.
        orders: Of the threads.
        seconds: Processor time that all orders together may take.

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
    inputs = {name: value for name, value in arguments.items() if isinstance(value, Tensor)}
    how: dict[str, Any] = {
        "kernel": kernel, "grid": list(grid), "block": list(block), "around": AROUND,
        "ready": submission.kept.get(_LIBRARY, ()),
    }  # fmt: skip
    called = f"{kernel}<<<{_sizes(grid)}, {_sizes(block)}>>>"
    if submission.device == "cpu":
        limits = {"orders": list(orders), "seconds": seconds}
        answer = submission.run(run_kernel, called, [], dict(arguments), how | limits)
    else:
        orders = (ON_GPU,)
        answer = submission.run(run_on_gpu, called, [], dict(arguments), how)
    _keep_library(submission, answer)
    if not isinstance(answer, dict) or answer.get("outcome") != "ended":
        raise _failure(answer, kernel, seconds, list(inputs))
    results: dict[str, dict[str, Tensor]] = {}
    around: dict[str, dict[str, bool]] = {}
    try:
        for order, memory in zip(orders, answer["memory"], strict=True):
            for (name, given), whole in zip(inputs.items(), memory, strict=True):
                inner = whole[AROUND : AROUND + given.numel()].reshape(given.shape)
                results.setdefault(order, {})[name] = inner
                expected = shim.guarded(inner, AROUND, list(arguments).index(name))
                around.setdefault(order, {})[name] = _same(whole, expected)
        found, counted = _dictionary(answer["found"]), _dictionary(answer["counted"])
        lines = _dictionary(answer["where"]["lines"])
        return Launch(inputs, results, around, found, counted, lines, submission.observed)
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise CheckFailed(_STARTED.format(kernel=kernel), "What came back is no launch's result.") from error


def _keep_library(submission: Subject, answer: Any) -> None:
    """Keep what a worker has built for the submission's next one: to compile takes longer than to run."""
    match _dictionary(_dictionary(answer).get("where")).get("library"):
        case [str(name), bytes(data)] if len(name) <= _NAME and len(data) <= _LIBRARY_BYTES:
            submission.kept[_LIBRARY] = [name, data]


def assert_compiles(submission: Subject, arch: str = "sm_80") -> bool:
    """nvcc accepts the source, and no register is spilled. Observed.

    Where nvcc is missing or cannot do its work, nothing is held against the submission: a note of the report says so.
    """
    answer = submission.run(run_nvcc, arch)
    outcome = answer.get("outcome") if isinstance(answer, dict) else None
    if outcome == "no_nvcc":
        why = " ".join(str(_dictionary(answer.get("where")).get("text", "")).split())[:_REASON]
        submission.notes.append(_NO_NVCC.format(why=why))
        return False
    if outcome != "built":
        raise _failure(answer, "", 0.0, [])
    if answer.get("spilled"):
        raise CheckFailed("All values should fit into registers.", f"{answer['spilled']} bytes are spilled to memory.")
    return True


def _failure(answer: Any, kernel: str, seconds: float, arrays: Sequence[str]) -> CheckFailed:
    data = _dictionary(answer)
    outcome, where, found = data.get("outcome"), _dictionary(data.get("where")), _dictionary(data.get("found"))
    if outcome == "stuck" and found:
        kind = next((kind for kind in ("bad_mask", "warp_stuck") if kind in found), next(iter(found)))
        return _fault(kind, found[kind], where.get("lines", {}), arrays)
    if outcome in _ENDS:
        at = _dictionary(data.get("at"))
        text = _ENDS[str(outcome)].format(seconds=seconds, block=at.get("block"), thread=at.get("thread"))
        if "outside" in found:
            text += " " + _fault("outside", found["outside"], where.get("lines", {}), arrays).got
        return CheckFailed(_STARTED.format(kernel=kernel), text)
    said = str(where.get("text", "It gave no result."))
    if outcome == "gpu":
        return CheckFailed(_STARTED.format(kernel=kernel), f"CUDA says: {said}.", help=_ON_GPU_HELP)
    if where.get("line"):
        said = f"Line {where['line']}: {said}\n  {where.get('quoted', '')}".rstrip()
    return CheckFailed("CUDA_SOURCE should be a kernel that compiles and can be launched.", said)


def _fault(kind: str, found: Any, lines: Any, arrays: Sequence[str]) -> CheckFailed:
    first, second = [*(lines.get(kind, ()) if isinstance(lines, dict) else ()), 0, 0][:2]
    data = _dictionary(found)
    beside = kind == "outside" and data.get("buffer") == -1
    template = _FOUND["diverged_lines" if kind == "diverged" and second else "outside_shared" if beside else kind]
    words = {key: data.get(key, "?") for key in ("thread", "other", "offset")}
    place = data.get("buffer")
    words["array"] = arrays[place] if isinstance(place, int) and 0 <= place < len(arrays) else "an array"
    line = f" at line {first}" if first else ""
    text = template.format(
        line=line, first=first, second=second, does="writes" if data.get("write") else "reads", **words
    )
    return CheckFailed(_SHOULD[kind], text)


def _dictionary(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _same(mine: Tensor, theirs: Tensor) -> bool:
    return (
        mine.shape == theirs.shape
        and mine.dtype == theirs.dtype
        and torch.equal(flat_bytes(mine.contiguous()), flat_bytes(theirs.contiguous()))
    )


def _sizes(sizes: Sequence[int]) -> str:
    return str(sizes[0]) if len(sizes) == 1 else f"({', '.join(map(str, sizes))})"


def _volume(sizes: Sequence[int]) -> int:
    product = 1
    for size in sizes:
        product *= int(size)
    return product
