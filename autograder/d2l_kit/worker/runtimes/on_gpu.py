"""Runs what was interpreted on the CPU once more on a GPU, compiled: Triton kernels, and CUDA C++ through nvcc.

Nothing is watched there. The grader gets the numbers, and the memory around them, and looks at both itself. What a
clock says of a call is observed: it runs beside the student's code.
"""

from __future__ import annotations

import ctypes
import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from d2l_kit.worker.runtimes import calls, shim
from d2l_kit.worker.runtimes.operators import Operators
from d2l_kit.worker.runtimes.shadow import Memory

DEVICE = "cuda"
SUMMARY = 100
WARM_UP, ROUNDS = 3, 15
_FLUSHED = 1 << 30  # bytes: more than a GPU's cache holds, and some 0.4 ms to write
_LAUNCHER = """
#line 1 "launcher"
extern "C" int d2l_launch(void **args, const unsigned *sizes) {{
  dim3 grid(sizes[0], sizes[1], sizes[2]), block(sizes[3], sizes[4], sizes[5]);
  cudaError_t said = cudaLaunchKernel((const void *){kernel}, grid, block, args, 0, 0);
  return said ? said : cudaDeviceSynchronize();
}}
extern "C" const char *d2l_error(int code) {{ return cudaGetErrorString((cudaError_t)code); }}
"""


def launched(
    module: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], how: Mapping[str, Any], device: str
) -> dict[str, Any]:
    """As `interpreter.launched`, of kernels that are compiled; of launches and accesses nothing is known."""
    operators = Operators(module.__file__, Memory())
    answer = calls.call(calls.function_of(module, name), args, kwargs, how, operators, device)
    told = '{"launches": [], "findings": [], "operators": [], "backward": []}'
    return {key: answer[key] for key in ("result", "gradients", "after", "around", "shared")} | {
        "seen": "unwatched".ljust(SUMMARY) + told
    }


def timed(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Call a function again and again on the GPU.

    Before each call the GPU is kept busy: with filling its cache with something else, for so long that Python has
    launched all of the call before the first of it runs. So what is timed is the GPU's work.

    Returns:
        {"result": of the last call, on the CPU, "milliseconds": the quickest call's, by the GPU's own clock}.
    """
    there = calls.on_device(args, DEVICE)
    flushed = torch.empty(_FLUSHED, dtype=torch.int8, device=DEVICE)
    result, taken = None, []
    for number in range(WARM_UP + ROUNDS):
        flushed.fill_(number)
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        result = function(*there, **kwargs)
        end.record()
        torch.cuda.synchronize()
        if number >= WARM_UP:
            taken.append(start.elapsed_time(end))
    return {"result": calls.plain(result), "milliseconds": min(taken)}


def run_kernel(
    module: Any,
    kernel: str,
    grid: Sequence[int],
    block: Sequence[int],
    args: Sequence[Any],
    around: int,
    ready: Sequence[Any] = (),
) -> dict[str, Any]:
    """Run a kernel of the module's CUDA_SOURCE once.

    Args:
        module: The student's module.
        kernel: The kernel's name.
        grid: Blocks along x, y, z.
        block: Threads along x, y, z.
        args: Its arguments, numbers and tensors.
        around: Elements that lie before and behind each array, as in `shim.guarded`.
        ready: A library that another worker of the same submission built: its name, its bytes.

    Returns:
        As `shim.launch`, of one order and with nothing found or counted; {"outcome": "gpu", "where": what CUDA said}.
    """
    source = None
    try:
        source = shim.read_source(module)
        path, built = build(source, kernel, architecture(), ready)
    except shim.Refused as error:
        return error.answer(source)
    library = ctypes.CDLL(path)
    memory = [
        shim.guarded(arg, around, place).to(DEVICE) for place, arg in enumerate(args) if isinstance(arg, torch.Tensor)
    ]
    values: list[Any] = []  # each is alive until the kernel has read it
    arrays = iter(memory)
    for arg in args:
        if isinstance(arg, torch.Tensor):
            values.append(ctypes.c_void_p((array := next(arrays)).data_ptr() + around * array.element_size()))
        else:
            values.append(ctypes.c_float(arg) if isinstance(arg, float) else ctypes.c_longlong(arg))
    pointers = (ctypes.c_void_p * len(values))(*[ctypes.addressof(value) for value in values])
    sizes = (ctypes.c_uint * 6)(*[*grid, 1, 1][:3], *[*block, 1, 1][:3])
    torch.cuda.synchronize()
    if code := library.d2l_launch(pointers, sizes):
        library.d2l_error.restype = ctypes.c_char_p
        return {"outcome": "gpu", "where": {"text": library.d2l_error(code).decode()}}
    return {
        "outcome": "ended", "memory": [[array.cpu() for array in memory]], "found": {}, "counted": {},
        "where": {"lines": {}} | ({"library": [Path(path).name, Path(path).read_bytes()]} if built else {}),
    }  # fmt: skip


def architecture() -> str:
    """Of the GPU that is here, as nvcc calls it."""
    major, minor = torch.cuda.get_device_capability()
    return f"sm_{major}{minor}"


def build(source: shim.Source, kernel: str, arch: str, ready: Sequence[Any] = ()) -> tuple[str, bool]:
    """The path of a library that launches the kernel on a GPU, and whether it had to be built.

    Raises:
        shim.Refused: nvcc is not to be had, or refuses the text.
    """
    launcher = _LAUNCHER.format(kernel=kernel)
    digest = hashlib.sha256(f"{arch}{source.text}{launcher}".encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir(), f"gpu-{digest}.so")
    if ready and ready[0] == path.name and not path.exists():
        path.write_bytes(ready[1])
    if path.exists():
        return str(path), False
    shim.run_nvcc(source, path.name, (f"-arch={arch}", "-shared", "-Xcompiler", "-fPIC"), launcher)
    return str(path), True
