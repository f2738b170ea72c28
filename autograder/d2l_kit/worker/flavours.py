"""The flavours of zygote: which runtime's workers come from which, and what each is started with.

Triton decides when it is imported whether kernels are interpreted or compiled, and a process cannot do both; a C++
compiler must be readable and may be started only where it is wanted. So each of these has a zygote of its own.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PLAIN = "plain"
INTERPRETER = "interpreter"
TOOLCHAIN = "toolchain"
DEVICE = "device"  # kernels are compiled and run on a GPU, which takes the compilers, too
WITH_PROGRAMS = frozenset({TOOLCHAIN, DEVICE})  # their workers may start other programs

# The first is the submission's own, further ones are what fixtures of the runtime need.
_OF_RUNTIME = {
    "torch": (PLAIN,),
    "triton": (INTERPRETER, PLAIN),
    "cuda": (TOOLCHAIN,),
    "distributed": (PLAIN,),
}
KERNELS = frozenset({"triton", "cuda"})  # runtimes whose checks are run once more on a GPU where there is one
_RUNTIMES = "d2l_kit.worker.runtimes"
_PREWARM = {
    # Before it first compiles, Triton reads the half gigabyte of its own files: once here, not in each worker.
    "triton": ("triton", "triton.compiler.code_generator", f"{_RUNTIMES}.legality"),
    # Each rank would import torch's for itself, for seconds, when it first wraps a model or builds an optimizer.
    "distributed": ("torch._dynamo", f"{_RUNTIMES}.ranks"),
}
# The others are imported at the first launch, by Triton and by numpy.
_INTERPRETED = (f"{_RUNTIMES}.interpreter", "triton.experimental.gluon", "numpy.ma")
_PROGRAMS = ("g++", "as", "ld", "ld.bfd", "addr2line")
_SHELL = "/bin/sh"  # by this path and no other nvcc starts its steps, and scripts that stand for it begin
_TOOLKITS = "cuda*"  # in /usr/local
_HEADERS = ("/usr/include", "/usr/local/include", "/usr/libexec/gcc")
NVCC_VARIABLE = "D2L_NVCC"  # where the worker finds nvcc, which lies off its PATH


@dataclass(frozen=True)
class Flavour:
    """What a zygote of a kind is started with.

    Attributes:
        prewarm: Modules it imports ahead.
        environment: Variables on top of the clean environment.
        readable: Paths its workers may read besides what all may.
    """

    prewarm: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[str, ...] = ()


def of_runtime(runtime: str, gpu: bool = False) -> str:
    """The flavour of the workers that hold a submission, here or on the GPU."""
    return DEVICE if gpu and runtime in KERNELS else _OF_RUNTIME[runtime][0]


def needed(runtimes: Iterable[str], gpu: bool = False) -> tuple[str, ...]:
    """The flavours that exercises of these runtimes ask for; `PLAIN`, which yardsticks use, comes first."""
    listed = list(runtimes)
    on_gpu = [DEVICE] if gpu and KERNELS.intersection(listed) else []
    return tuple(dict.fromkeys([PLAIN, *(name for runtime in listed for name in _OF_RUNTIME[runtime]), *on_gpu]))


def flavour(name: str, runtimes: Iterable[str] = ()) -> Flavour:
    """What a zygote of that name is started with, for exercises of these runtimes."""
    if name == INTERPRETER:
        return Flavour(_INTERPRETED, {"TRITON_INTERPRET": "1"})
    if name == TOOLCHAIN:
        return _toolchain()
    if name == DEVICE:
        return _device()
    return Flavour(tuple(module for runtime in runtimes for module in _PREWARM.get(runtime, ())))


def _toolchain() -> Flavour:
    found = [path for program in _PROGRAMS if (path := shutil.which(program))]
    nvcc = shutil.which("nvcc")
    modules = (f"{_RUNTIMES}.shim",)
    if nvcc is None:
        return Flavour(modules, {}, (*found, *_HEADERS))
    found += [nvcc, _SHELL]
    prefix = Path(nvcc).resolve().parent.parent
    shared = prefix in (Path("/usr"), Path("/usr/local"), Path("/"))
    toolkits = [*Path("/usr/local").glob(_TOOLKITS), *([] if shared else [prefix])]
    return Flavour(modules, {NVCC_VARIABLE: nvcc}, (*found, *map(str, toolkits), *_HEADERS))


def _device() -> Flavour:
    """The tool chain, and what Triton builds with it: a library for each launch, against Python's headers and CUDA."""
    tools = _toolchain()
    compiler = shutil.which("gcc")
    folders = driver_folders()
    environment = {**tools.environment, **({"TRITON_LIBCUDA_PATH": folders[0]} if folders else {})}
    modules = () if importlib.util.find_spec("triton") is None else _PREWARM["triton"]
    headers = sysconfig.get_paths()["include"]
    return Flavour(
        (f"{_RUNTIMES}.on_gpu", *modules), environment, (*tools.readable, *([compiler] if compiler else ()), headers)
    )


def driver_folders() -> tuple[str, ...]:
    """Where the GPU's driver keeps its libraries: outside of what every worker may read, on some machines."""
    program = shutil.which("ldconfig", path="/sbin:/usr/sbin")
    if program is None:
        return ()
    listed = subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout
    paths = [Path(line.split("=>")[1].strip()) for line in listed.splitlines() if "libcuda.so.1 " in line]
    return tuple(dict.fromkeys(str(path.parent) for each in paths for path in (each, each.resolve())))
