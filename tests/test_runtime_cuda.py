"""CUDA C++ on the CPU: what is computed, what is found, and what becomes of kernels that go wrong."""

from __future__ import annotations

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
from d2l_kit.worker import codec, runner
from d2l_kit.worker.protocol import Answer

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
        return cuda.launch(subject(text), "product", a, b, c, m, n, k, grid=grid, block=(16, 16), **more), a @ b

    return run


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
    run.assert_close(2, expected)
    run.assert_within(2)
    run.assert_clean("race", "unwritten", "diverged", "outside")
    run.assert_shared(2048)
    assert set(run.results) == set(cuda.ORDERS)


@pytest.mark.parametrize("barrier", ["__syncthreads();  // loaded", "__syncthreads();  // used"])
def test_a_missing_barrier_shows_in_the_numbers_and_is_named(product: Any, barrier: str) -> None:
    run, expected = product(TILED.replace(barrier, ""))
    with pytest.raises(CheckFailed):
        run.assert_close(2, expected)
    with pytest.raises(CheckFailed, match="no barrier stands between"):
        run.assert_clean("race")


def test_threads_that_leave_before_a_barrier_are_counted(product: Any) -> None:
    run, _ = product(TILED.replace("float sum", "if (row >= M) return;\n    float sum"))
    with pytest.raises(CheckFailed, match=r"16 threads wait at a barrier at line 11 that 240 others never reach"):
        run.assert_clean("diverged")


def test_writing_behind_an_array_is_established_and_its_line_is_told(product: Any) -> None:
    run, _ = product(TILED.replace("if (row < M && col < N) C", "C"))
    with pytest.raises(CheckFailed, match="array 2 was overwritten"):
        run.assert_within(2)
    with pytest.raises(CheckFailed, match="writes outside of array 2"):
        run.assert_clean("outside")


def test_a_kernel_without_shared_memory_is_told_apart(product: Any) -> None:
    body = "float sum = 0; for (int k = 0; k < K; ++k) sum += A[row * K + k] * B[k * N + col]; C[row * N + col] = sum;"
    head = (
        TILED[: TILED.index("    __shared__")]
        + "int row = blockIdx.y * 16 + threadIdx.y, col = blockIdx.x * 16 + threadIdx.x;"
    )
    run, expected = product(f"{head} if (row < M && col < N) {{ {body} }} }}")
    run.assert_close(2, expected)
    with pytest.raises(CheckFailed, match="wrote 0 bytes"):
        run.assert_shared(2048)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("float sum", "while (K > 0) if (K > 1 << 20) K = 0;\n    float sum", "did not end within 0.5 s"),
        ("float sum", "C[1ll << 40] = 1;\n    float sum", "crashed: block 0, thread 0"),
        ("float sum", "flot sum", r"'flot' was not declared.*line 6"),
        ("const float* A", "const double* A", r"Parameter 1 of the kernel is `double \*`"),
        ("#define", "#include <math.h>\n#define", "an #include.*line 2"),
        ("product(", "other(", "no kernel `product`: it has other"),
        ("As[TILE][TILE]", "As[100][TILE * 16]", "bytes of __shared__ arrays"),
    ],
)
def test_what_cannot_run_says_why(product: Any, was: str, now: str, said: str) -> None:
    with pytest.raises(CheckFailed, match=said):
        product(TILED.replace(was, now, 1), seconds=0.5)


def test_lanes_of_a_warp_exchange_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run = cuda.launch(subject(WARP_SUM), "total", torch.arange(20.0), torch.zeros(1), 20, grid=(1,), block=(32,))
    run.assert_close(1, torch.tensor([190.0]))


def test_a_lane_that_never_comes_to_an_exchange_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    text = WARP_SUM.replace("float sum", "if (threadIdx.x >= n) return;\n    float sum")
    with pytest.raises(CheckFailed, match="wait for others at line 5"):
        cuda.launch(subject(text), "total", torch.arange(20.0), torch.zeros(1), 20, grid=(1,), block=(32,))


def test_a_launch_too_large_for_the_cpu_is_the_authors_error() -> None:
    with pytest.raises(AuthorError, match="too large"):
        cuda.launch(subject(TILED), "product", torch.zeros(1), grid=(100_000,), block=(256,))


def test_without_nvcc_nothing_is_said_of_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("D2L_NVCC", str(tmp_path / "nvcc"))
    assert cuda.assert_compiles(subject(TILED)) is False


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="there is no nvcc")
def test_nvcc_compiles_what_the_cpu_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert cuda.assert_compiles(subject(TILED)) is True
    with pytest.raises(CheckFailed, match=r"line 6"):
        cuda.assert_compiles(subject(TILED.replace("float sum", "flot sum")))
