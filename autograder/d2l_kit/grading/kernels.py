"""What checks of Triton kernels call: launches that are watched, and assertions on what was seen.

    run = kernels.launch(submission, "vector_add", x, y, BLOCK=64)
    assert_close(run.result, x + y)          # established: values
    kernels.assert_guards(run)               # established: what lies around the tensors, and the arguments
    kernels.assert_clean(run)                # observed: out of bounds, races, memory read before it is written
    kernels.assert_one_launch(run, grid=(4,))  # observed
    kernels.assert_no_arithmetic(run)        # observed: what torch did outside; assert_no_copies, assert_no_tensor_of
    kernels.assert_in_tiles(run, 64, "…")    # observed: how much a program holds at once
    kernels.assert_compiles(compiler, run)   # observed

Each tensor argument lies in a larger buffer of NaN, which the grader sends and gets back whole. A check that uses
something observed carries the mark `observed`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from d2l_kit.errors import AuthorError
from d2l_kit.grading import describe
from d2l_kit.grading.asserts import CheckFailed, assert_close
from d2l_kit.grading.evidence import Subject
from d2l_kit.grading.probes import ready_made, silent
from d2l_kit.worker.codec import flat_bytes
from d2l_kit.worker.runtimes.operators import unwritten

ROOM = 96  # elements around an argument; no divisor of usual blocks, so that no alignment hides a slip
SUMMARY = 100  # characters before the JSON of what was seen; traces compare no more than these
ORDERS = ("identity", "reversed", 7)
SHARED_BYTES = {80: 166_912, 86: 101_376, 89: 101_376, 90: 232_448}  # a block may have, by architecture


@ready_made
def launched(module, name, args, kwargs, how):  # type: ignore[no-untyped-def]  # runs in the worker
    """Call a function while its kernels are watched."""
    from d2l_kit.worker.runtimes import interpreter

    return interpreter.launched(module, name, args, kwargs, how)


@ready_made
def launched_on_gpu(module, name, args, kwargs, how, device):  # type: ignore[no-untyped-def]  # runs in the worker
    """Call a function whose kernels are compiled for a GPU."""
    from d2l_kit.worker.runtimes import on_gpu

    return on_gpu.launched(module, name, args, kwargs, how, device)


@silent
def compiled(module, launch, arch):  # type: ignore[no-untyped-def]  # runs in the worker
    """Compile the kernel of a launch."""
    from d2l_kit.worker.runtimes import legality

    return legality.compiled(module, launch, arch)


@dataclass(frozen=True)
class Guarded:
    """A tensor that is to lie in a larger buffer.

    Attributes:
        values: The tensor, as the check knows it.
        buffer: All of the memory, one-dimensional; NaN (whole numbers: the largest) where it is not the tensor's.
        offset: Where the tensor starts.
        stride: Its strides.
    """

    values: Tensor
    buffer: Tensor
    offset: int
    stride: tuple[int, ...]


@dataclass(frozen=True, repr=False)
class Run:
    """A call whose kernels were watched.

    Attributes:
        result: What the function returned.
        gradients: Of the arguments `wrt`, where a cotangent was given; None: the graph was cut.
        launches: In order: {"kernel", "grid", "programs", "signature", "constants", "options", "loads", "stores",
            "atomics", "dots", "lanes", "widest", "line"}; counts are of what all programs together did, `widest` is
            the most elements that one access was for, masked ones too.
        findings: What the sanitizer saw.
        operators: Of torch, that ran outside the kernels: {"name", "kind", "line", "elements" of what it made}.
        backward: Those of the backward pass.
        arguments: As they were sent, by position or keyword.
        after: The arguments' buffers as they came back.
        around: For each tensor of the result, what came back of the memory before and behind it.
        shared: Arguments that share memory with the result.
        watched: Whether the check may look at launches, findings and operators: on a GPU nobody sees them.
    """

    result: Any
    gradients: Any
    launches: Any
    findings: Any
    operators: Any
    backward: Any
    arguments: Mapping[int | str, Guarded]
    after: Mapping[int | str, Any]
    around: Any
    shared: Any
    watched: bool = True

    def __repr__(self) -> str:
        """As messages show what came back: the function's result."""
        return repr(self.result)


def guarded(values: Tensor, stride: Sequence[int] | None = None) -> Guarded:
    """An argument that lies in a larger buffer, with these strides (else contiguous)."""
    strides = tuple(values.contiguous().stride() if stride is None else stride)
    span = 1 + sum((size - 1) * step for size, step in zip(values.shape, strides, strict=True)) if values.numel() else 0
    buffer = torch.full((span + 2 * ROOM,), _nothing(values.dtype), dtype=values.dtype)
    buffer.as_strided(values.size(), strides, ROOM).copy_(values)
    return Guarded(values.contiguous(), buffer, ROOM, strides)


def launch(
    submission: Subject,
    name: str,
    *args: Any,
    order: str | int = "identity",
    cotangent: Tensor | Guarded | None = None,
    wrt: Sequence[int | str] = (),
    **kwargs: Any,
) -> Run:
    """Call a function of the submission while its kernels are watched; or on a GPU, if the submission is there.

    Args:
        submission: The subject.
        name: The function.
        *args: Its arguments; tensors, or `guarded` ones where the strides matter.
        order: Of the programs of each launch: "identity", "reversed", or the seed of a shuffle; a GPU has its own.
        cotangent: Of the result; with it, `Run.gradients` are those of the arguments `wrt`.
        wrt: Positions or keywords of the arguments to differentiate by.
        **kwargs: The function's keyword arguments.

    Raises:
        NoAnswer: The function raised, or a kernel did; also for a grid that is too large and for one that never ends.
    """
    given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
    sent = {k: guarded(v) if isinstance(v, Tensor) else v for k, v in given.items() if isinstance(v, Tensor | Guarded)}
    plain = {k: sent[k].values if k in sent else v for k, v in given.items()}
    into = guarded(cotangent) if isinstance(cotangent, Tensor) else cotangent
    how = {
        "order": order,
        "placed": [[key, each.buffer, each.offset, list(each.stride)] for key, each in sent.items()],
        "wrt": list(wrt),
        "cotangent": into and [into.values, into.buffer, into.offset, list(into.stride)],
    }
    positional = [plain[i] for i in range(len(args))]
    named = {key: plain[key] for key in kwargs}
    if submission.device == "cpu":
        answer = submission.run(launched, name, positional, named, how)
    else:
        answer = submission.run(launched_on_gpu, name, positional, named, how, submission.device)
    seen = json.loads(answer["seen"][SUMMARY:])
    own = {name: answer[name] for name in ("result", "gradients", "around", "shared")}
    observed = {name: seen[name] for name in ("launches", "findings", "operators", "backward")}
    return Run(**own, **observed, arguments=sent, after=dict(answer["after"]), watched=submission.observed)


def assert_clean(run: Run) -> None:
    """No kernel left its tensors, raced with itself, or read what was never written. Observed."""
    _watched(run, "assert_clean")
    if run.findings:
        raise _failure(run.findings[0])


def assert_guards(run: Run) -> None:
    """Arguments came back as they were sent, the memory around them too, and that around the result. Established."""
    for key, sent in run.arguments.items():
        came = run.after.get(key)
        if not isinstance(came, Tensor) or came.shape != sent.buffer.shape or came.dtype != sent.buffer.dtype:
            raise CheckFailed(f"{_argument(key)} should be as it was after the call.", "It was replaced.")
        wrong = _changed(came, sent.buffer)
        if not wrong.any():
            continue
        own = torch.zeros(sent.buffer.shape, dtype=torch.bool)
        own.as_strided(sent.values.size(), sent.stride, sent.offset).fill_(True)
        if (wrong & ~own).any():
            raise CheckFailed(
                f"The memory around {_lower(_argument(key))} belongs to others: no kernel may write there.",
                f"{int((wrong & ~own).sum())} elements of it were changed.",
                help="Mask tl.store as the loads are masked, and step through rows by the tensor's own stride.",
            )
        raise CheckFailed(
            f"{_argument(key)} should be as it was after the call.",
            f"{int(wrong.sum())} of its elements were changed.",
            help="Allocate the output with torch.empty, and write there.",
        )
    results = [part for part in _parts(run.result) if isinstance(part, Tensor)]
    for part, pieces in zip(results, run.around, strict=False):
        size = part.element_size()
        blank = [unwritten(len(each) // size, part.dtype) for each in pieces]
        count = sum(int(_changed(each.view(part.dtype), was).sum()) for each, was in zip(pieces, blank, strict=True))
        if count:
            raise CheckFailed(
                "The memory before and behind the result belongs to others: no kernel may write there.",
                f"{count} elements there were written.",
                help="Give tl.store a mask that is false beyond the last element.",
            )


def assert_fresh(run: Run) -> None:
    """The result shares memory with no argument. Observed."""
    if run.shared:
        raise CheckFailed(
            "The function must return a tensor of its own.", f"The result shares memory with argument {run.shared[0]}."
        )


def assert_one_launch(run: Run, grid: Sequence[int] | None = None, programs: int = 1) -> None:
    """Exactly one kernel was launched, over this grid, or over at least so many programs. Observed."""
    _watched(run, "assert_one_launch")
    names = [str(each["kernel"]) for each in run.launches]
    if len(names) != 1:
        came = "None was." if not names else f"These were, in order: {', '.join(names[:8])}."
        raise CheckFailed("Exactly one kernel should be launched.", came, help=_ONE_LAUNCH if names else _NO_LAUNCH)
    if grid is not None and tuple(run.launches[0]["grid"]) != (wanted := (*grid, 1, 1)[:3]):
        got = tuple(run.launches[0]["grid"])
        raise CheckFailed(
            f"{names[0]} should be launched over the grid {describe.shape(_short(wanted))}.",
            f"It was launched over {describe.shape(_short(got))}.",
            help="A grid is how many blocks cover all elements, the last of them in part: triton.cdiv(n, BLOCK).",
        )
    if (count := int(run.launches[0]["programs"])) < programs:
        raise CheckFailed(
            f"The work should be shared out among several programs, here at least {programs}.",
            f"{names[0]} was launched over {count}.",
            help="One program runs on one of a GPU's many multiprocessors, while the others do nothing.",
        )


def assert_no_tensor_of(run: Run, elements: int, what: str) -> None:
    """Outside its kernels the function makes no tensor of so many elements or more. Observed."""
    _watched(run, "assert_no_tensor_of")
    for each in run.operators:
        if int(each["elements"]) >= elements:
            number, function = each["line"]
            where = f"Line {number} in {function}" if number else "It"
            raise CheckFailed(
                f"No tensor should be made that could hold {what}: {elements:,} elements.",
                f"{where} makes one of {int(each['elements']):,} by torch's `{each['name']}`.",
                help="Keep in registers what only the next step needs.",
            )


def assert_in_tiles(run: Run, elements: int, what: str) -> None:
    """No program loads or stores more elements than these at once: what it holds must fit on the chip. Observed."""
    _watched(run, "assert_in_tiles")
    for each in run.launches:
        if int(each["widest"]) > elements:
            raise CheckFailed(
                f"A program should hold no more than {what} at once, however large the tensors are.",
                f"{each['kernel']} touches {int(each['widest']):,} elements in one go.",
                help="Walk through the tensor in a loop, block by block, and keep only what the next step needs.",
            )


def assert_no_launch(run: Run) -> None:
    """No kernel was launched. Observed."""
    _watched(run, "assert_no_launch")
    if run.launches:
        raise CheckFailed("No kernel should be launched here.", f"{run.launches[0]['kernel']} was.")


def assert_no_arithmetic(run: Run, allowed: Sequence[str] = (), backward: bool = False) -> None:
    """Outside its kernels the function only allocates, views and copies, but for `allowed` operators. Observed.

    Args:
        run: The call.
        allowed: Names of operators as torch calls them, such as "sum".
        backward: Whether to look at the backward pass instead of the call.
    """
    _watched(run, "assert_no_arithmetic")
    for each in run.backward if backward else run.operators:
        if each["kind"] == "compute" and each["name"] not in allowed:
            number, function = each["line"]
            where = f"Line {number} in {function} runs" if number else "It runs"
            raise CheckFailed("The arithmetic belongs into the kernel.", f"{where} torch's `{each['name']}`.")


def assert_no_copies(run: Run) -> None:
    """Outside its kernels the function copies and converts no tensor: they are read where they lie. Observed."""
    _watched(run, "assert_no_copies")
    for each in run.operators:
        if each["kind"] == "copy":
            number, function = each["line"]
            where = f"Line {number} in {function}" if number else "It"
            raise CheckFailed(
                "A kernel should read its tensors where they lie, and write the result as it is to be.",
                f"{where} copies one by torch's `{each['name']}`.",
                help="Hand x.stride() to the kernel, and convert in registers: tl.store rounds to the pointer's dtype.",
            )


def assert_same_for_all_orders(
    submission: Subject, name: str, *args: Any, rtol: float | None = None, atol: float | None = None, **kwargs: Any
) -> Run:
    """The result does not depend on the order in which programs run. Established; returns the first run."""
    runs = [launch(submission, name, *args, order=order, **kwargs) for order in ORDERS]
    for order, run in zip(ORDERS[1:], runs[1:], strict=True):
        try:
            assert_close(run.result, runs[0].result, rtol=rtol, atol=atol, trivial=True)
        except CheckFailed as failed:
            said = "in reversed order" if order == "reversed" else "in another order"
            raise CheckFailed(
                "A GPU runs the programs of a grid in any order, many at once; the result must not depend on it.",
                f"With the programs {said} other numbers came back.",
                failed.secret,
                help="Two programs write to the same place, or one reads what another writes.",
            ) from None
    return runs[0]


def assert_compiles(
    compiler: Subject,
    run: Run,
    arch: int = 80,
    contains: Sequence[str] = (),
    lacks: Sequence[str] = (),
    help: str = "",
) -> None:
    """Each kernel that was launched compiles for a GPU, within its shared memory. Observed.

    Args:
        compiler: The fixture.
        run: A watched call, for the types and constants that the kernels are compiled with.
        arch: 80 for an A100, 90 for an H100.
        contains: What must stand in the PTX text of one of the kernels, such as "mma.sync".
        lacks: What must stand in that of none.
        help: What to do about an instruction that is missing, or there.
    """
    _watched(run, "assert_compiles")
    if arch not in SHARED_BYTES:
        raise AuthorError(f"assert_compiles knows no architecture {arch}.", f"It knows {sorted(SHARED_BYTES)}.")
    if not run.launches:
        raise CheckFailed("A kernel should be launched.", "None was.", help=_NO_LAUNCH)
    texts, seen = [], []
    for each in run.launches:
        asked = {key: each[key] for key in ("kernel", "signature", "constants", "options")}
        if asked in seen:
            continue
        seen.append(asked)
        made = compiler.run(compiled, asked, arch)
        told = json.loads(made["seen"][SUMMARY:])
        expected = f"{each['kernel']} should compile for a GPU (sm_{arch})."
        if not made["ok"]:
            place = f" line {told['line']}: `{told['text']}`" if told["line"] else " it"
            raise CheckFailed(expected, f"The compiler refuses{place}: {told['error']}.", help=_COMPILER)
        if told["shared"] > SHARED_BYTES[arch]:
            raise CheckFailed(
                expected,
                f"It needs {told['shared']:,} bytes of shared memory, of which a block has {SHARED_BYTES[arch]:,}.",
                help="Use smaller blocks.",
            )
        texts.append(told["ptx"])
    for wanted in contains:
        if not any(wanted in text for text in texts):
            raise CheckFailed(f"The compiled kernel should use `{wanted}`.", "It does not.", help=help)
    for unwanted in lacks:
        if any(unwanted in text for text in texts):
            raise CheckFailed(f"The compiled kernel should not use `{unwanted}`.", "It does.", help=help)


_ONE_LAUNCH = "Do all of the work on a block while it is in registers: each further kernel reads it from memory again."
_NO_LAUNCH = "Launch a kernel with kernel[grid](arguments): a function decorated with @triton.jit."
_COMPILER = "The interpreter accepts more than a GPU does. In a kernel use only what triton.language (tl) offers."

_WHAT = {  # what should hold, what was seen, what to do
    "out_of_bounds": (
        "A kernel may only touch elements of the tensors it was given.",
        "{verb} {places}, which {are} no element of `{argument}` {shape}",
    ),
    "wild": ("A kernel may only touch elements of the tensors it was given.", "{verb} an address of no tensor"),
    "uninitialised": (
        "What a kernel reads must have been written before.",
        "{verb} {places} of memory that nobody has written yet",
    ),
    "lanes": (
        "One store may write each element once.",
        "{verb} different values to the same place, such as {places}",
    ),
    "write_write": (
        "Programs of one launch run at the same time, so no two may write to the same element.",
        "{verb} {places}, which program {other} of the same launch has written, too",
    ),
    "read_write": (
        "Programs of one launch run at the same time, so none may read what another one writes.",
        "{verb} {places}, which program {other} of the same launch {others}",
    ),
    "atomic_mixed": (
        "Where one program uses an atomic, no other may use a plain load or store.",
        "{verb} {places}, which program {other} of the same launch accesses too, one with an atomic, one without",
    ),
}
_VERBS = {"load": "reads", "store": "writes", "atomic": "updates"}
_HELP = {
    ("out_of_bounds", "load"): "Give tl.load a mask that is false there, and with `other=` what such lanes count as.",
    ("out_of_bounds", "store"): "Give tl.store a mask that is false there.",
    ("out_of_bounds", "atomic"): "Give the atomic a mask that is false there.",
    "gap": "Between the rows of a tensor that is a view lie others' elements: step by its own strides.",
    "uninitialised": "torch.empty holds anything: fill it with torch.zeros, or write before you read.",
    "write_write": "Give each program elements of its own (tl.program_id), use tl.atomic_add, or a row of sums each.",
    "read_write": "Split it into two launches, or let each program read only what it wrote itself.",
    "atomic_mixed": "Use atomics on both sides, or a lock around both.",
    "lanes": "Reduce within the program first (tl.sum), then store once.",
}


def _watched(run: Run, asked: str) -> None:
    """Whatever is not marked runs on a GPU, too, where nothing is watched: there this would find nothing, ever."""
    if not run.watched:
        raise AuthorError(f"{asked} rests on what the interpreter sees.", "Mark the check `observed`.")


def _failure(finding: Mapping[str, Any]) -> CheckFailed:
    what, access = str(finding["what"]), str(finding["access"])
    offsets = [int(i) for i in finding["offsets"]]
    name = str(finding["argument"])
    more = ", …" if int(finding["count"]) > len(offsets) else ""
    shape = finding.get("shape") or []
    expected, seen = _WHAT[what]
    seen = seen.format(
        verb=_VERBS[access],
        places=", ".join(f"{name}[{i}]" for i in offsets) + more,
        are="is" if len(offsets) == 1 else "are",
        argument=name,
        shape=f"(shape {describe.shape(shape)}; offsets count elements from its first)",
        other=_place(finding.get("other"), finding["grid"]),
        others="writes" if access == "load" else "reads or writes",
    )
    gap = what == "out_of_bounds" and offsets and 0 <= offsets[0] < int(finding.get("span", 0))
    key: Any = "gap" if gap else (what, access) if what == "out_of_bounds" else what
    total, programs = int(finding["count"]), int(finding["programs"])
    counted = f" ({total:,} elements in {programs:,} program{'s' if programs != 1 else ''} of the launch)"
    return CheckFailed(
        expected,
        f"Kernel {finding['kernel']}, line {finding['line']}: `{finding['text']}`\n"
        f"Program {_place(finding['program'], finding['grid'])} {seen}{counted}.",
        help=_HELP.get(key, ""),
    )


def _place(program: Any, grid: Any) -> str:
    """A program by as many coordinates as the grid has."""
    if program is None:
        return "?"
    axes = len(_short(grid))
    return str(int(program[0])) if axes == 1 else describe.shape(list(program)[:axes])


def _short(grid: Sequence[int]) -> Sequence[int]:
    """A grid without the ones that nobody wrote."""
    axes = max((i + 1 for i, size in enumerate(grid) if size != 1), default=1)
    return list(grid)[:axes]


def _nothing(dtype: torch.dtype) -> float | int | bool:
    if dtype.is_floating_point:
        return math.nan
    return True if dtype == torch.bool else torch.iinfo(dtype).max


def _changed(now: Tensor, was: Tensor) -> Tensor:
    """Which elements of two one-dimensional tensors differ in a bit."""
    a, b = (flat_bytes(each.contiguous()).reshape(each.numel(), -1) for each in (now, was))
    return (a != b).any(dim=1)


def _parts(result: Any) -> list[Any]:
    return [each for part in result for each in _parts(part)] if isinstance(result, tuple | list) else [result]


def _argument(key: int | str) -> str:
    return f"Argument {key + 1}" if isinstance(key, int) else f"The argument {key}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
