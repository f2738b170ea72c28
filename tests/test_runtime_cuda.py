"""CUDA C++ on the CPU: what is computed, what is found, and what becomes of kernels that go wrong."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from d2l_kit.errors import AuthorError
from d2l_kit.grading import cuda
from d2l_kit.grading.asserts import CheckFailed
from d2l_kit.grading.evidence import Subject
from d2l_kit.report.model import Status
from d2l_kit.worker import codec, runner
from d2l_kit.worker.protocol import Answer
from d2l_kit.worker.runtimes import shim
from engine_course import Case, checks, judge_all, write_chapter

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("g++") is None, reason="needs Linux and a C++ compiler"
)

TILED = r"""
#define TILE 16
__global__ void product(const float* A, const float* B, float* C, int M, int N, int K) {
    __shared__ float As[TILE][TILE], Bs[TILE][TILE];
    int x = threadIdx.x, y = threadIdx.y, row = blockIdx.y * TILE + y, col = blockIdx.x * TILE + x;
    float sum = 0.0f;
    for (int t = 0; t < K; t += TILE) {
        As[y][x] = row < M && t + x < K ? A[row * K + t + x] : 0.0f;
        Bs[y][x] = col < N && t + y < K ? B[(t + y) * N + col] : 0.0f;
        __syncthreads();  // loaded
        for (int k = 0; k < TILE; ++k) sum += As[y][k] * Bs[k][x];
        __syncthreads();  // used
    }
    if (row < M && col < N) C[row * N + col] = sum;
}
"""
NAIVE = (
    TILED[: TILED.index("    __shared__")]
    + """
    int row = blockIdx.y * 16 + threadIdx.y, col = blockIdx.x * 16 + threadIdx.x;
    float sum = 0;
    if (row < M && col < N) {
        for (int k = 0; k < K; ++k) sum += A[row * K + k] * B[k * N + col];
        C[row * N + col] = sum;
    }
}
"""
)
WARP_SUM = r"""
__global__ void total(const float* x, float* y, int n) {
    float sum = threadIdx.x < n ? x[threadIdx.x] : 0.0f;
    for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffff, sum, step);
    if (threadIdx.x == 0) y[0] = sum;
}
"""


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[cuda.Launch, torch.Tensor]]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def run(
        text: str = TILED, size: tuple[int, int, int] = (17, 33, 20), **more: Any
    ) -> tuple[cuda.Launch, torch.Tensor]:
        m, n, k = size
        generator = torch.Generator().manual_seed(0)
        a, b = torch.randn(m, k, generator=generator), torch.randn(k, n, generator=generator)
        c = torch.full((m, n), float("nan"))
        grid = (-(-n // 16), -(-m // 16))
        arguments = {"A": a, "B": b, "C": c, "M": m, "N": n, "K": k}
        return cuda.launch(subject(text), "product", arguments, grid=grid, block=(16, 16), **more), a @ b

    return run


def warp_sum(text: str) -> cuda.Launch:
    arguments = {"x": torch.arange(20.0), "y": torch.zeros(1), "n": 20}
    return cuda.launch(subject(text), "total", arguments, grid=(1,), block=(32,))


def subject(text: str) -> Subject:
    module = types.ModuleType("student")
    module.__dict__["CUDA_SOURCE"] = text

    def ask(probe: Any, payload: Any, seed: int) -> Answer:
        args, kwargs = codec.decode(payload[0], memoryview(bytearray(b"".join(payload[1]))))
        function = runner.compile_probe(probe.source, probe.name, runner.probe_names())
        return Answer("returned", codec.roundtrip(function(module, *args, **kwargs)))

    return Subject("submission", ask, 0)


@pytest.mark.parametrize("size", [(16, 16, 16), (17, 33, 20), (1, 1, 100), (64, 48, 80)])
def test_a_right_kernel_gives_the_same_in_every_order(product: Any, size: tuple[int, int, int]) -> None:
    run, expected = product(size=size)
    run.assert_close("C", expected)
    run.assert_within("C")
    run.assert_clean("race", "unwritten", "diverged", "outside")
    run.assert_shared(2048)
    assert set(run.results) == set(cuda.ORDERS)


@pytest.mark.parametrize("barrier", ["__syncthreads();  // loaded", "__syncthreads();  // used"])
def test_a_missing_barrier_shows_in_the_numbers_and_is_named(product: Any, barrier: str) -> None:
    run, expected = product(TILED.replace(barrier, ""))
    with pytest.raises(CheckFailed):
        run.assert_close("C", expected)
    with pytest.raises(CheckFailed, match="no barrier stands between"):
        run.assert_clean("race")


def test_threads_that_leave_before_a_barrier_are_counted(product: Any) -> None:
    run, _ = product(TILED.replace("float sum", "if (row >= M) return;\n    float sum"))
    with pytest.raises(CheckFailed, match=r"16 threads wait at a barrier at line 11 that 240 others never reach"):
        run.assert_clean("diverged")


def test_writing_behind_an_array_is_established_and_its_line_is_told(product: Any) -> None:
    run, _ = product(TILED.replace("if (row < M && col < N) C", "C"))
    with pytest.raises(CheckFailed, match="before or behind C was overwritten"):
        run.assert_within("C")
    with pytest.raises(CheckFailed, match=r"writes outside of C, at index \d+ at line 14"):
        run.assert_clean("outside")


def test_a_kernel_without_shared_memory_is_told_apart(product: Any) -> None:
    run, expected = product(NAIVE)
    run.assert_close("C", expected)
    with pytest.raises(CheckFailed, match="wrote 0 bytes"):
        run.assert_shared(2048)


def test_the_traffic_of_each_array_is_counted(product: Any) -> None:
    m, n, k = 32, 48, 64
    tiled, _ = product(size=(m, n, k))
    tiled.assert_traffic("A", loads=m * k * n // 16, stores=0)
    tiled.assert_traffic("B", loads=k * n * m // 16, stores=0)
    tiled.assert_traffic("C", loads=0, stores=m * n)
    naive, _ = product(NAIVE, size=(m, n, k))
    with pytest.raises(CheckFailed, match=r"at most 6,144 elements of A.* has 2,048 elements; 98,304 loads") as caught:
        naive.assert_traffic("A", loads=m * k * n // 16, help="Use tiles.")
    assert caught.value.help == "Use tiles."


def test_loads_of_four_numbers_count_as_four(product: Any) -> None:
    wide = "const float4 v = *reinterpret_cast<const float4*>(A); C[0] = v.x + v.y + v.z + v.w;"
    run, _ = product(f"__global__ void product(const float* A, const float*, float* C, int, int, int) {{ {wide} }}")
    blocks = 3 * 2
    assert run.counted["loads"][0] == 4 * 256 * blocks


def test_the_thread_that_loads_most_is_counted(product: Any) -> None:
    run, _ = product(size=(16, 16, 64))
    run.assert_shared_out(loads=2 * 64 // 16, shared_loads=2 * 64)
    with pytest.raises(CheckFailed, match=r"more than 7 numbers of global memory\. One thread loaded 8"):
        run.assert_shared_out(loads=7, shared_loads=2 * 64)
    with pytest.raises(CheckFailed, match=r"more than 99 numbers of shared memory\. One thread loaded 128"):
        run.assert_shared_out(loads=8, shared_loads=99)


def test_wrong_numbers_come_with_what_was_seen_on_the_way(product: Any) -> None:
    run, expected = product(TILED.replace("__syncthreads();  // loaded", ""))
    with pytest.raises(CheckFailed) as caught:
        run.assert_close("C", expected)
    assert caught.value.help.startswith("Seen on the way: Two threads use the same word")


@pytest.mark.parametrize(("does", "access"), [("reads", "sum += Bs[15][16 + x];"), ("writes", "Bs[15][16 + x] = 1;")])
def test_an_index_behind_the_shared_arrays_is_found(product: Any, does: str, access: str) -> None:
    one_array = TILED.replace("As[TILE][TILE], Bs", "Bs").replace("As[y][x] = ", "sum += ").replace("As[y][k]", "x")
    run, _ = product(one_array.replace("if (row < M && col", f"{access}\n    if (row < M && col"))
    with pytest.raises(CheckFailed, match=rf"{does} outside of its block's shared arrays at line 14"):
        run.assert_clean("outside")


def test_a_nan_read_around_one_array_is_no_nan_around_another(product: Any) -> None:
    copies = "int i = blockIdx.x * 256 + threadIdx.y * 16 + threadIdx.x; if (blockIdx.y == 0) C[i] = A[i] + 1;"
    run, _ = product(
        f"__global__ void product(const float* A, const float*, float* C, int, int, int) {{ {copies} }}",
        size=(2, 17, 2),
    )
    with pytest.raises(CheckFailed, match="before or behind C was overwritten"):
        run.assert_within("C")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("float sum", "while (K > 0) if (K > 1 << 20) K = 0;\n    float sum", "did not end within 0.5 s"),
        ("float sum", "C[1ll << 40] = 1;\n    float sum", "crashed: block 0, thread 0"),
        ("As[TILE][TILE],", "As[TILE][TILE] = {},", "Line 4: It has an initial value of a `__shared__` array"),
        ("float sum", "int all = __activemask();\n    float sum", "Line 6: It has __activemask"),
        ("float sum", "flot sum", r"Line 6: 'flot' was not declared(.|\n)*flot sum = 0.0f;"),
        ("const float* A", "const double* A", r"Parameter 1 of the kernel is `double \*`"),
        ("#define", "#include <math.h>\n#define", "Line 2: It has an #include"),
        ("product(", "other(", "no kernel `product`: it has other"),
        ("As[TILE][TILE]", "As[100][TILE * 16]", "bytes of __shared__ arrays"),
    ],
)
def test_what_cannot_run_says_why(product: Any, was: str, now: str, said: str) -> None:
    with pytest.raises(CheckFailed, match=said):
        product(TILED.replace(was, now, 1), seconds=0.5)


def test_lanes_of_a_warp_exchange_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    warp_sum(WARP_SUM).assert_close("y", torch.tensor([190.0]))


def test_a_lane_that_never_comes_to_an_exchange_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    text = WARP_SUM.replace("float sum", "if (threadIdx.x >= n) return;\n    float sum")
    with pytest.raises(CheckFailed, match="wait for others at line 5"):
        warp_sum(text)


def test_the_larger_of_numbers_of_two_types_is_there_as_in_cuda(product: Any) -> None:
    run, expected = product(
        TILED.replace("t < K;", "t < min(K, 1u << 20);").replace("sum = 0.0f", "sum = max(0.0f, 0.0)")
    )
    run.assert_close("C", expected)


@pytest.mark.parametrize("words", ["static __shared__", "__shared__ static", "volatile __shared__"])
def test_shared_arrays_may_be_declared_as_nvcc_takes_them(product: Any, words: str) -> None:
    run, expected = product(TILED.replace("__shared__", words))
    run.assert_close("C", expected)
    run.assert_shared(2048)


def test_what_one_worker_built_the_next_does_not_build_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"x": torch.arange(20.0), "y": torch.zeros(1), "n": 20}
    started: list[str] = []
    start = shim._start
    monkeypatch.setattr(shim, "_start", lambda command, folder: started.append(command[0]) or start(command, folder))
    kept: dict[str, Any] = {}
    for worker, text in enumerate((WARP_SUM, WARP_SUM, WARP_SUM.replace("float sum", "double sum"))):
        folder = tmp_path / str(worker)
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        asked = subject(text)
        asked.kept = kept
        run = cuda.launch(asked, "total", arguments, grid=(1,), block=(32,))
        run.assert_close("y", torch.tensor([190.0]))
    assert started == ["g++", "g++", "g++", "g++"]  # compiled and linked for the first text and for the other one


def test_a_launch_too_large_for_the_cpu_is_the_authors_error() -> None:
    with pytest.raises(AuthorError, match="too large"):
        cuda.launch(subject(TILED), "product", {"A": torch.zeros(1)}, grid=(100_000,), block=(256,))


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("", "error: .*nvcc"),
        ("#!/bin/nowhere\n", "error: .*nvcc"),
        ("#!/bin/sh\necho 'nvcc fatal : Unsupported gpu architecture'; exit 1\n", "Unsupported gpu architecture"),
        ("#!/bin/sh\necho 'host_config.h(12): error: -- unsupported GNU version'; exit 1\n", "unsupported GNU version"),
        ("#!/bin/sh\nexit 3\n", "ended without a word"),
    ],
)
def test_an_nvcc_that_cannot_do_its_work_is_noted_and_held_against_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("D2L_NVCC", str(tmp_path / "nvcc"))
    if script:
        (tmp_path / "nvcc").write_text(script, encoding="utf-8")
        (tmp_path / "nvcc").chmod(0o700)
    asked = subject(TILED)
    assert cuda.assert_compiles(asked) is False
    assert len(asked.notes) == 1
    assert re.match(rf"nvcc could not be used \(.*{why}.*\): the C\+\+ compiler alone", asked.notes[0])


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="there is no nvcc")
def test_nvcc_does_its_work_in_a_confined_worker(tmp_path: Path) -> None:
    check = (
        "from d2l_kit.checks import cuda\n\n"
        'def test_compiles(submission):\n    """It compiles."""\n    assert cuda.assert_compiles(submission)\n'
    )
    right, wrong = (f'CUDA_SOURCE = r"""{text}"""\n' for text in (TILED, TILED.replace("float sum", "flot sum")))
    parts = {"points": 5, "more": 'runtime = "cuda"', "stub": "CUDA_SOURCE = ''\n", "solution": right, "public": check}
    found = judge_all(write_chapter(tmp_path, {"step": parts}), {"r": Case("step", right), "w": Case("step", wrong)})
    if found["r"].confinement.level not in ("namespaces", "landlock"):
        pytest.skip("this machine cannot confine")
    assert checks(found, "r")["compiles"].status is Status.PASSED, checks(found, "r")["compiles"].message
    assert 'Line 6: identifier "flot" is undefined\n  flot sum = 0.0f;' in checks(found, "w")["compiles"].message


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="there is no nvcc")
def test_nvcc_compiles_what_the_cpu_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert cuda.assert_compiles(subject(TILED)) is True
    with pytest.raises(CheckFailed, match=r"Line 6: .*flot(.|\n)*flot sum = 0.0f;"):
        cuda.assert_compiles(subject(TILED.replace("float sum", "flot sum")))
