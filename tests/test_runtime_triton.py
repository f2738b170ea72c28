"""What is said of kernels in Triton: what they do to memory, whether a GPU would take them, what else they run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.report.model import CheckResult, Status
from engine_course import Case, checks, judge_all, write_chapter

pytest.importorskip("triton")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Triton is Linux's")

HEAD = """import torch
import triton
import triton.language as tl


@triton.jit
def double(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offs, mask=offs < n)
    tl.store(out_ptr + offs, 2 * x, mask=offs < n)


def go(x):
    out = torch.empty_like(x)
    n = x.numel()
    double[(triton.cdiv(n, 32),)](x, out, n, BLOCK=32)
    return out
"""

PUBLIC = '''from d2l_kit.grading import kernels


@pytest.mark.observed
def test_clean(submission):
    """The kernel stays in its tensors and has no races."""
    kernels.assert_clean(kernels.launch(submission, "go", torch.arange(1.0, 101.0)))


def test_values(submission):
    """Twice the numbers come back."""
    x = torch.arange(1.0, 101.0)
    assert_close(kernels.launch(submission, "go", x).result, 2 * x)


def test_guards(submission):
    """Nothing around the tensors is written."""
    kernels.assert_guards(kernels.launch(submission, "go", torch.arange(1.0, 101.0)))


@pytest.mark.observed
def test_strided(submission):
    """Rows that do not lie behind each other are no trouble."""
    run = kernels.launch(submission, "go", kernels.guarded(torch.ones(4, 8), stride=(11, 1)))
    kernels.assert_clean(run)


def test_orders(submission):
    """The order of the programs does not matter."""
    kernels.assert_same_for_all_orders(submission, "go", torch.arange(1.0, 101.0))


@pytest.mark.observed
def test_once(submission):
    """One launch over four blocks."""
    kernels.assert_one_launch(kernels.launch(submission, "go", torch.arange(1.0, 101.0)), grid=(4,))


@pytest.mark.observed
def test_kernel(submission):
    """The kernel does the arithmetic."""
    kernels.assert_no_arithmetic(kernels.launch(submission, "go", torch.arange(1.0, 101.0)))


@pytest.mark.observed
def test_compiles(submission, compiler):
    """A GPU would take it."""
    run = kernels.launch(submission, "go", torch.arange(1.0, 101.0))
    for arch in (80, 90):
        kernels.assert_compiles(compiler, run, arch=arch, contains=["st.global"])


@pytest.mark.observed
def test_instructions(submission, compiler):
    """No exponentials are needed."""
    run = kernels.launch(submission, "go", torch.arange(1.0, 101.0))
    kernels.assert_compiles(compiler, run, lacks=["ex2.approx"], help="Just multiply.")


@pytest.mark.observed
def test_copies(submission):
    """A view is read where it lies."""
    kernels.assert_no_copies(kernels.launch(submission, "go", kernels.guarded(torch.ones(40), stride=(2,))))


@pytest.mark.observed
def test_tiles(submission):
    """A program holds a block."""
    kernels.assert_in_tiles(kernels.launch(submission, "go", torch.ones(100)), 32, "a block of x")


@pytest.mark.observed
def test_no_scratch(submission):
    """Nothing is made that is larger than the result."""
    kernels.assert_no_tensor_of(kernels.launch(submission, "go", torch.ones(100)), 101, "something else")


@pytest.mark.observed
def test_shared_out(submission):
    """Several programs do it."""
    kernels.assert_one_launch(kernels.launch(submission, "go", torch.ones(100)), programs=2)
'''
LOAD, STORE = "tl.load(x_ptr + offs, mask=offs < n)", "tl.store(out_ptr + offs, 2 * x, mask=offs < n)"
ATOMIC = HEAD.replace(STORE, "tl.atomic_add(out_ptr + tl.arange(0, BLOCK), x)")
LOCKED = """    s = tl.sum(tl.load(x_ptr + offs, mask=offs < n, other=0.0), axis=0)
    while tl.atomic_cas(lock_ptr, 0, 1) == 1:
        pass
    tl.store(out_ptr, tl.load(out_ptr) + s)
    tl.atomic_xchg(lock_ptr, 0)
"""
LOCK = (
    HEAD.replace("n, BLOCK: ", "lock_ptr, n, BLOCK: ")
    .replace(f"    x = {LOAD}\n    {STORE}\n", LOCKED)
    .replace("torch.empty_like(x)", "torch.zeros(1)")
    .replace("(x, out, n", "(x, out, torch.zeros(1, dtype=torch.int32), n")
)

# name: source, the check that is looked at, how it ended, what must stand in its message
CASES: dict[str, tuple[str, str, Status, tuple[str, ...]]] = {
    "right": (HEAD, "", Status.PASSED, ()),
    "load_unmasked": (
        HEAD.replace(LOAD, "tl.load(x_ptr + offs)"),
        "clean",
        Status.FAILED,
        ("double, line 9", "Program 3 reads x_ptr[100], x_ptr[101]", "28 elements in 1 program", "tl.load a mask"),
    ),
    "store_unmasked": (
        HEAD.replace(STORE, "tl.store(out_ptr + offs, 2 * x)"),
        "clean",
        Status.FAILED,
        ("line 10", "writes out_ptr[100]", "tl.store a mask"),
    ),
    "store_unmasked_in_the_data": (
        HEAD.replace(STORE, "tl.store(out_ptr + offs, 2 * x)"),
        "guards",
        Status.FAILED,
        ("behind the result", "28 elements"),
    ),
    "far_away": (HEAD.replace("x_ptr + offs,", "x_ptr + offs + 10**12,"), "clean", Status.FAILED, ("reads x_ptr[10",)),
    "writes_argument": (HEAD.replace("out_ptr + offs, 2", "x_ptr + offs, 2"), "guards", Status.FAILED, ("Argument 1",)),
    "unwritten": (HEAD.replace("x_ptr + offs,", "out_ptr + offs,"), "clean", Status.FAILED, ("torch.empty",)),
    "gap": (HEAD, "strided", Status.FAILED, ("reads x_ptr[8], x_ptr[9], x_ptr[10]", "strides")),
    "same_block": (
        HEAD.replace("tl.program_id(0) * BLOCK + ", ""),
        "clean",
        Status.FAILED,
        ("Program 1 writes out_ptr[0]", "which program 0 of the same launch has written"),
    ),
    "in_order": (
        HEAD.replace(STORE, STORE.replace("out_ptr + offs", "out_ptr + (offs ^ offs)")),
        "orders",
        Status.FAILED,
        ("in any order", "reversed order"),
    ),
    "atomics": (ATOMIC.replace("empty_like", "zeros_like"), "clean", Status.PASSED, ()),
    "atomics_on_nothing": (ATOMIC, "clean", Status.FAILED, ("nobody has written",)),
    "lock": (LOCK, "clean", Status.PASSED, ()),
    "no_lock": (
        LOCK.replace("    while tl.atomic_cas(lock_ptr, 0, 1) == 1:\n        pass\n", "").replace(
            "    tl.atomic_xchg(lock_ptr, 0)\n", ""
        ),
        "clean",
        Status.FAILED,
        ("Program 1 reads out_ptr[0]", "which program 0 of the same launch writes"),
    ),
    "lock_kept": (
        LOCK.replace("    tl.atomic_xchg(lock_ptr, 0)\n", ""),
        "clean",
        Status.RAISED,
        ("does not end", "double, program (1, 0, 0)", "while tl.atomic_cas"),
    ),
    "forever": (
        HEAD.replace(f"    {STORE}", f"    while n > 0:\n        {STORE}"),
        "clean",
        Status.RAISED,
        ("does not end", "double, program (0, 0, 0)"),
    ),
    "huge_grid": (
        HEAD.replace("(triton.cdiv(n, 32),)", "(n, n)"),
        "clean",
        Status.RAISED,
        ("double was launched with the grid (100, 100)", "10,000 programs"),
    ),
    "odd_grid": (HEAD.replace("(triton.cdiv(n, 32),)", "(n / 32,)"), "clean", Status.RAISED, ("grid (3.125,)",)),
    "too_small_a_grid": (
        HEAD.replace("triton.cdiv(n, 32)", "n // 32"),
        "once",
        Status.FAILED,
        ("over the grid (4,)", "over (3,)"),
    ),
    "one_program": (
        HEAD.replace("(triton.cdiv(n, 32),)", "(1,)"),
        "shared_out",
        Status.FAILED,
        ("several programs", "at least 2", "double was launched over 1"),
    ),
    "wide": (HEAD.replace("32", "128"), "tiles", Status.FAILED, ("more than a block of x", "128 elements in one go")),
    "scratch": (
        HEAD.replace("    n = ", "    torch.zeros(20, 30)\n    n = "),
        "no_scratch",
        Status.FAILED,
        ("could hold something else: 101 elements", "Line 15 in go makes one of 600", "`zeros`"),
    ),
    "copies": (
        HEAD.replace("    n = ", "    x = x.contiguous()\n    n = "),
        "copies",
        Status.FAILED,
        ("Line 15 in go", "`clone`"),
    ),
    "converts": (HEAD.replace("return out", "return out.half()"), "copies", Status.FAILED, ("`_to_copy`",)),
    "exponentials": (
        HEAD.replace("2 * x", "tl.exp(x)"),
        "instructions",
        Status.FAILED,
        ("should not use `ex2.approx`", "Just multiply."),
    ),
    "no_kernel": ("def go(x):\n    return x + x\n", "once", Status.FAILED, ("None was",)),
    "torch_does_it": (
        HEAD.replace("return out", "return out + 0.0"),
        "kernel",
        Status.FAILED,
        ("Line 17 in go", "`add`"),
    ),
    "fails_in_the_kernel": (
        HEAD.replace("2 * x", "2 * y"),
        "values",
        Status.RAISED,
        ("'y'", "Line 10 in double", "2 * y"),
    ),
    "illegal": (
        HEAD.replace("    offs = ", "    import math\n    offs = "),
        "compiles",
        Status.FAILED,
        ("sm_80", "line 8", "import math"),
    ),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Every case's report, in one session."""
    parts = {"points": 8, "more": 'runtime = "triton"', "stub": "", "solution": HEAD, "public": PUBLIC}
    short = {**parts, "public": PUBLIC[: PUBLIC.index("def test_values")]}
    chapter = write_chapter(tmp_path_factory.mktemp("triton"), {"go": parts, "end": short})
    cases = {n: Case("end" if "does not end" in said else "go", source) for n, (source, _c, _s, said) in CASES.items()}
    return judge_all(chapter, cases)


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_a_kernel(judged: Any, name: str) -> None:
    _source, check, status, mentions = CASES[name]
    found: dict[str, CheckResult] = checks(judged, name)
    for each in [check] if check else [key for key in found if key != "strided"]:
        assert found[each].status is status, found[each].message
    for text in mentions:
        assert text in found[check].message, found[check].message


def test_neighbours_of_a_kernel_that_does_not_end_are_judged_as_ever(judged: Any) -> None:
    after = list(CASES)[list(CASES).index("forever") + 1]
    assert checks(judged, after)["clean"].status is not Status.TIMEOUT


def test_the_compilers_digest_of_itself_is_taken_once_for_all_workers(tmp_path: Path) -> None:
    public = '''@probe
def digests(module):
    from triton.runtime.cache import triton_key
    return triton_key.cache_info().currsize


def test_digest(compiler):
    """A worker that has compiled nothing has it."""
    assert compiler.run(digests) == 1
'''
    parts = {"points": 8, "more": 'runtime = "triton"', "stub": "", "solution": HEAD, "public": public}
    found = judge_all(write_chapter(tmp_path, {"go": parts}), {"right": Case("go", HEAD)})
    assert checks(found, "right")["digest"].status is Status.PASSED, checks(found, "right")["digest"].message


def test_after_a_watched_call_the_interpreter_is_tritons_own_again(tmp_path: Path) -> None:
    public = '''from d2l_kit.grading import kernels


@probe
def plain(module):
    return module.go(torch.ones(3)).tolist()


def test_twice(submission):
    """Unwatched after watched, the interpreter is Triton's own again."""
    kernels.launch(submission, "go", torch.ones(3))
    assert submission.run(plain) == [2.0, 2.0, 2.0]
'''
    parts = {"points": 8, "more": 'runtime = "triton"', "stub": "", "solution": HEAD, "public": public}
    found = judge_all(write_chapter(tmp_path, {"go": parts}), {"right": Case("go", HEAD)})
    assert checks(found, "right")["twice"].status is Status.PASSED, checks(found, "right")["twice"].message
