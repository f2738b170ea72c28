"""Compiles a module's Triton kernels for a GPU that need not be here: whether they are legal, and into what.

Everything up to PTX is made in this process; the step behind it would start NVIDIA's assembler, which a confined
worker may not. It runs beside the student's code, so what it says is observed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from triton import knobs
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.compiler import compile as compile_kernel
from triton.compiler.errors import CompilationError
from triton.runtime.cache import triton_key
from triton.runtime.jit import JITFunction, get_jit_fn_file_line

PTX_VERSION = 82  # what CUDA 12.2 assembles, for sm_80 and sm_90 alike
WARP = 32
SUMMARY = 100
MAX_PTX = 1 << 20
MAX_CONSTANT = 1 << 20
_TEXT = 600

triton_key()  # a digest of the compiler's own files, which Triton keeps: a zygote that imports this has it for all


def compiled(module: Any, launch: Mapping[str, Any], arch: int) -> dict[str, Any]:
    """Compile the kernel of a launch as it was launched.

    Args:
        module: The student's.
        launch: A record of `interpreter`: kernel, signature, constants, options.
        arch: 80 for an A100, 90 for an H100.

    Returns:
        {"ok", "seen": JSON of {"error", "line" of the student's file (0: none), "text" of that line, "ptx", "shared"
            bytes} behind `SUMMARY` blanks, so that a trace sees only whether it compiled}.
    """
    kernel = next((each for each in _kernels(module) if each.__name__ == launch["kernel"]), None)
    if kernel is None:
        return _failed(f"there is no kernel {launch['kernel']} at the top level of the file")
    huge = [name for name, value in launch["constants"].items() if isinstance(value, int) and value > MAX_CONSTANT]
    if huge:
        return _failed(f"the constant {huge[0]} is {launch['constants'][huge[0]]:,}")
    source = ASTSource(fn=kernel, signature=dict(launch["signature"]), constexprs=_constants(launch))
    before = knobs.runtime.add_stages_inspection_hook, knobs.nvidia.mock_ptx_version
    knobs.runtime.add_stages_inspection_hook, knobs.nvidia.mock_ptx_version = _up_to_ptx, "none"
    try:
        options = {**launch.get("options", {}), "ptx_version": PTX_VERSION}
        made = compile_kernel(source, target=GPUTarget("cuda", arch, WARP), options=options)
        ptx = made.asm["ptx"]
        return _told(True, ptx=ptx[:MAX_PTX], shared=made.metadata.shared)
    except Exception as error:  # whatever the compiler raises says that it is not legal
        return _failed(*_explained(error, kernel))
    finally:
        knobs.runtime.add_stages_inspection_hook, knobs.nvidia.mock_ptx_version = before


def _kernels(module: Any) -> Iterator[JITFunction[Any]]:
    for value in list(vars(module).values()):
        while not isinstance(value, JITFunction) and hasattr(value, "fn"):  # autotune, heuristics
            value = value.fn
        if isinstance(value, JITFunction):
            yield value


def _constants(launch: Mapping[str, Any]) -> dict[str, Any]:
    import triton.language as tl

    found = {}
    for name, value in launch["constants"].items():
        dtype = getattr(tl, _DTYPES.get(value, ""), None) if isinstance(value, str) else None
        found[name] = value if dtype is None else dtype
    return found


_DTYPES = {"fp16": "float16", "bf16": "bfloat16", "fp32": "float32", "fp64": "float64", "int32": "int32"}


def _up_to_ptx(*given: Any) -> Any:
    """Triton's hook into its list of stages: without arguments it asks for a key, else it hands over the stages."""
    if not given:
        return "up to ptx", "up to ptx"
    given[1]["cubin"] = lambda _ptx, _metadata: b""
    return None


def _failed(error: str, line: int = 0, text: str = "") -> dict[str, Any]:
    return _told(False, error=error[:_TEXT], line=line, text=text)


def _told(ok: bool, **seen: Any) -> dict[str, Any]:
    return {"ok": ok, "seen": " " * SUMMARY + json.dumps(seen)}


def _explained(error: Exception, kernel: JITFunction[Any]) -> tuple[str, int, str]:
    """What the compiler said, and the line of the student's file it said it of."""
    if not isinstance(error, CompilationError) or not hasattr(error.node, "lineno"):
        return f"{type(error).__name__}: {error}", 0, ""
    innermost: Any = error
    while isinstance(innermost.__cause__, CompilationError) and innermost.__cause__.src == error.src:
        innermost = innermost.__cause__
    said = innermost.error_message or str(innermost.__cause__ or "") or type(innermost).__name__
    number, lines = innermost.node.lineno, (innermost.src or "").split("\n")
    text = lines[number - 1].strip() if number <= len(lines) else ""
    own = innermost.src is not None and innermost.src == kernel.src
    return said, get_jit_fn_file_line(kernel)[1] + number - 1 if own else 0, text
