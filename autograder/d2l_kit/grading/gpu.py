"""Whether this machine's GPU can be used from within a worker: asked once, with a kernel of our own.

A driver that is too old, a compiler that is missing or a confinement that hides the device would else look like a
mistake of each student's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch

from d2l_kit.grading.probes import probe
from d2l_kit.worker import codec, flavours
from d2l_kit.worker.handle import Bounds, Worker
from d2l_kit.worker.protocol import Answer

SECONDS = 120.0
MEMORY_MIB = 8192
_REASON = 300
_TRITON = """import torch
import triton
import triton.language as tl


@triton.jit
def double_kernel(x_ptr, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(x_ptr + at, 2 * tl.load(x_ptr + at, mask=at < n), mask=at < n)


def doubled(device):
    x = torch.ones(5, device=device)
    double_kernel[(1,)](x, 5, BLOCK=8)
    return x.cpu()
"""
_CUDA = """import torch
from d2l_kit.worker.runtimes import on_gpu

CUDA_SOURCE = "__global__ void twice(float *x, int n) { if (threadIdx.x < n) x[threadIdx.x] *= 2; }"


def doubled(device):
    answer = on_gpu.run_kernel(__import__("sys").modules[__name__], "twice", (1,), (32,), [torch.ones(5), 5], 8)
    if answer["outcome"] != "ended":
        raise RuntimeError(answer["where"]["text"])
    return answer["memory"][0][0][8:13]
"""
_TORCH = """import torch


def doubled(device):
    return (2 * torch.ones(5, device=device)).cpu()
"""
_OF_RUNTIME = {"triton": _TRITON, "cuda": _CUDA}


@probe
def run_trial(module, device):  # type: ignore[no-untyped-def]  # runs in the worker
    """Run a kernel of the kit's own."""
    return module.doubled(device)


def unusable(spawn: Callable[[Bounds], Worker], runtimes: Iterable[str], device: str) -> dict[str, str]:
    """For each runtime why its exercises cannot be run on the GPU; empty: they can."""
    return {runtime: _why(spawn, runtime, device) for runtime in dict.fromkeys(runtimes)}


def _why(spawn: Callable[[Bounds], Worker], runtime: str, device: str) -> str:
    flavour = flavours.of_runtime(runtime, gpu=True)
    worker = spawn(Bounds(SECONDS, MEMORY_MIB, gpu=True, flavour=flavour))
    try:
        answer = worker.load("trial", _OF_RUNTIME.get(runtime, _TORCH), "trial.py", 0, SECONDS, {})
        if answer.outcome != "returned":
            return _said(answer)
        answer = worker.run(run_trial.source, run_trial.name, codec.encode(((device,), {})), 0, SECONDS)
        if answer.outcome != "returned":
            return _said(answer)
        right = isinstance(answer.value, torch.Tensor) and answer.value.tolist() == [2.0] * 5
        return "" if right else "a kernel of the kit's own came to a wrong result there"
    finally:
        worker.close()


def _said(answer: Answer) -> str:
    raised = answer.raised
    text = f"{raised.kind}: {raised.message}" if raised else f"{answer.outcome} {answer.text}"
    return f"a kernel of the kit's own could not be run there ({' '.join(text.split())[:_REASON]})"
