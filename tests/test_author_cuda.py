"""Kernels in CUDA C++ as the author's tools see them: mutants of the text, trivial answers, the rules on files."""

from __future__ import annotations

from pathlib import Path

import pytest
from author_course import fill_in, read, rooms, scaffold
from d2l_kit.author import cuda_text, trivial
from d2l_kit.author.files import look
from d2l_kit.author.mutate import Mutant, mutants
from d2l_kit.catalog import Chapter
from d2l_kit.errors import AuthorError

SOLUTION = '''\
SIDE = 16

CUDA_SOURCE = r"""
#define TILE 16

__device__ float twice(float v) { return 2.0f * v; }  // a helper

__global__ void scale(const float* x, float* y, int n) {
    __shared__ float s[TILE][TILE];
    int i = blockIdx.x * TILE + threadIdx.x;
    s[0][i] = i < n && x[i] > 0 ? -x[i] : 1.0f;
    __syncthreads();  // filled
    for (int k = 0; k < TILE; ++k) {
        if (k == 3) s[k][i] += 1.5f;
    }
    if (i < n) y[i] = twice(s[0][i]);
}
"""
'''


def lines_of(found: list[Mutant], line: int) -> list[str]:
    return [mutant.after for mutant in found if mutant.line == line]


def test_a_mutant_of_a_kernel_changes_one_line_and_keeps_the_others() -> None:
    found = mutants(SOLUTION)
    original = SOLUTION.split("\n")
    assert len({m.source for m in found} | {SOLUTION}) == len(found) + 1
    assert len({m.id for m in found}) == len(found)
    for mutant in found:
        lines = mutant.source.split("\n")
        assert len(lines) == len(original)
        assert [n for n, (a, b) in enumerate(zip(original, lines, strict=True), 1) if a != b] == [mutant.line], mutant
        assert mutant.id.startswith(f"line {mutant.line}: {mutant.before} -> {mutant.after}")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (4, ["#define TILE 15", "#define TILE 17"]),
        (
            6,
            [
                "__device__ float twice(float v) { return v; }",
                "__device__ float twice(float v) { return 3.0f * v; }",
                "__device__ float twice(float v) { return 2.0f ; }",
                "__device__ float twice(float v) { return 2.0f / v; }",
            ],
        ),
        (8, []),
        (
            10,
            [
                "int i = blockIdx.y * TILE + threadIdx.x;",
                "int i = blockIdx.x + threadIdx.x;",
                "int i = blockIdx.x / TILE + threadIdx.x;",
                "int i = blockIdx.x * TILE - threadIdx.x;",
                "int i = blockIdx.x * TILE + threadIdx.y;",
            ],
        ),
        (12, ["__syncwarp();", ";"]),
        (13, [f"for (int k = 0; k {op} TILE; ++k) {{" for op in ("<=", ">")] + ["for (int k = 1; k < TILE; ++k) {"]),
        (
            14,
            [
                "if (true) s[k][i] += 1.5f;",
                "if (false) s[k][i] += 1.5f;",
                "if (k != 3) s[k][i] += 1.5f;",
                "if (k == 2) s[k][i] += 1.5f;",
                "if (k == 4) s[k][i] += 1.5f;",
                "if (k == 3) ;",
                "if (k == 3) s[i][k] += 1.5f;",
                "if (k == 3) s[k][i] -= 1.5f;",
                "if (k == 3) s[k][i] = 1.5f;",
                "if (k == 3) s[k][i] += 2.5f;",
            ],
        ),
    ],
)
def test_what_can_be_changed_in_a_kernel(line: int, wanted: list[str]) -> None:
    assert sorted(lines_of(mutants(SOLUTION), line)) == sorted(wanted)


def test_conditions_lose_their_parts_and_choices_one_side() -> None:
    found = lines_of(mutants(SOLUTION), 11)
    assert "s[0][i] = x[i] > 0 ? -x[i] : 1.0f;" in found
    assert "s[0][i] = i < n ? -x[i] : 1.0f;" in found
    assert "s[0][i] = i < n || x[i] > 0 ? -x[i] : 1.0f;" in found
    assert "s[0][i] = -x[i];" in found
    assert "s[0][i] = 1.0f;" in found
    assert "s[0][i] = i < n && x[i] > 0 ? x[i] : 1.0f;" in found
    assert "s[i][0] = i < n && x[i] > 0 ? -x[i] : 1.0f;" in found
    assert ";" in found


def test_the_mask_of_a_warp_loses_its_last_lane() -> None:
    source = 'CUDA_SOURCE = """\nv += __shfl_xor_sync(0xffffffff, v, 16);\n"""\n'
    found = lines_of(mutants(source), 2)
    assert "v += __shfl_xor_sync(0x7fffffff, v, 16);" in found
    assert "v += __shfl_down_sync(0xffffffff, v, 16);" in found


def test_a_text_with_escapes_is_the_authors_error() -> None:
    with pytest.raises(AuthorError, match="has escapes"):
        mutants('CUDA_SOURCE = "int i = 0;\\n"\n')


def test_a_trivial_answer_stores_the_same_everywhere_or_hands_an_input_back() -> None:
    found = dict(trivial.answers("CUDA_SOURCE = ''\n", SOLUTION))
    stores = {name: source.split("\n")[15].strip() for name, source in found.items()}
    assert stores == {
        "zeros": "if (i < n) y[i] = 0.0f;",
        "ones": "if (i < n) y[i] = 1.0f;",
        "a constant": "if (i < n) y[i] = 7.0f;",
        "NaN": "if (i < n) y[i] = NAN;",
        "an input handed back": "if (i < n) y[i] = x[i];",
    }


def test_a_kernel_that_stores_in_no_plain_way_is_the_authors_error() -> None:
    with pytest.raises(AuthorError, match="nowhere stores into an output"):
        list(trivial.answers("CUDA_SOURCE = ''\n", SOLUTION.replace("y[i] =", "*(y + i) =")))


def test_kernels_are_told_from_helpers_and_inputs_from_outputs() -> None:
    text = cuda_text.text_of(SOLUTION) or ""
    (kernel,) = cuda_text.kernels(
        text.replace("(const float* x,", "(  // in and out\n    const float * __restrict__ x,")
    )
    assert (kernel.name, kernel.inputs, kernel.outputs) == ("scale", ("x",), ("y",))


def chapter(tmp_path: Path, stub: str) -> Chapter:
    where = rooms(tmp_path)
    fill_in(scaffold(where, "relu"))
    written = read(where)
    assert written.reference_root is not None
    (written.root / "relu.py").write_text(stub, encoding="utf-8")
    (written.reference_root / "relu.py").write_text(SOLUTION, encoding="utf-8")
    return read(where)


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("", "", set()),
        ("int n)", "long n)", {"signatures agree"}),
        ("Every element of x", "x", {"stubs teach"}),
    ],
)
def test_the_stub_of_a_kernel_is_looked_at(tmp_path: Path, old: str, new: str, rules: set[str]) -> None:
    stub = (
        '"""Every element of x is doubled, and what is not positive becomes 2.\n\nExample: 3 gives -6."""\n\n'
        'CUDA_SOURCE = r"""\n__global__ void scale(const float* x, float* y, int n) {\n}\n"""\n'
    )
    written = chapter(tmp_path, stub.replace(old, new) if old else stub)
    assert {finding.rule for finding in look(written, written.exercises[0])} == rules
