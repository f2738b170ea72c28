"""Builds CUDA C++ with the C++ compiler and runs its kernels on the CPU, in several orders of their threads.

A kernel runs in a process of its own, forked from the worker: it may crash or never end, and has still said in shared
memory where it was. What the header `d2l_cuda.h` finds on the way (accesses outside, races, barriers that some threads
miss) is observed; what the memory around the arrays holds afterwards goes back whole, for the grader to look at.

Everything in an answer that is a place or a text of the student's own stands below its key `where`.
"""

from __future__ import annotations

import ctypes
import hashlib
import linecache
import mmap
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import types
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

HEADER = Path(__file__).with_name("d2l_cuda.h")
NVCC_VARIABLE = "D2L_NVCC"
ORDERS = {
    "ascending": (0, 0),
    "descending": (1, 0),
    "shuffled": (2, 1),
    "warp by warp": (3, 0),
    "warp by warp, from the last": (4, 0),
}
SHARED_LIMIT = 48 << 10  # bytes of static shared memory that a block may have on any device
STARTED, ENDED, STUCK = 1, 2, 3
KINDS = ("outside", "race", "unwritten", "diverged", "warp_stuck", "bad_mask")
COMPILER_FLAGS = (
    *("-std=gnu++17", "-O1", "-g1", "-fPIC", "-pipe", "-w", "-fno-exceptions", "-fno-rtti", "-U_FORTIFY_SOURCE"),
    *("-fsanitize=thread", "-fmax-errors=3", "-fdiagnostics-color=never"),
)
POISONED_VARIABLES = "-ftrivial-auto-var-init=pattern"  # since GCC 12: a forgotten `= 0` shows
COMPILE_SECONDS = 60.0
NOT_STARTED = 127  # a shell's word for a program that cannot be started
WALL_FACTOR = 20  # a kernel's time is its own processor time; this is for one that sleeps
NVCC_PRELUDE = "#include <cfloat>\n#include <climits>\n#include <cmath>\n#include <cstdint>\n#include <cstdio>\n"

_NAN = {torch.int32: 0x7FC00000, torch.int64: 0x7FF8000000000000}  # quiet, with 22 bits and more to spare
_SPARE = 1 << 16
_ALIGN = 4096
_MAX_BUFFERS = 16
_TEXT, _QUOTED = 1500, 100
_STRINGS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
_KERNEL = re.compile(r"\b__global__\b[^;{(]*?\bvoid\b[^;{(]*?(?:__launch_bounds__\s*\([^)]*\)\s*)?(\w+)\s*\(")
_TWICE_STATIC = re.compile(r"\bstatic\b(?=\s+__(?:shared|constant)__)|(?<=__shared__ )static\b")  # the header says it
_REFUSED = (
    (r"^\s*#\s*include\b", "an #include: the mathematical functions of CUDA are there without one"),
    (r"\b(?:asm|__asm__|__asm)\b", "inline assembly"),
    (r"<<<", "a launch: the checks launch the kernel"),
    (r"\bextern\s+__shared__\b", "shared memory of a size set at the launch: give the array its size"),
    (r"\b__shared__\b[^;={]*[={]", "an initial value of a `__shared__` array: let the threads write it"),
    (r"\bcuda[A-Z]\w*", "a call of CUDA's runtime, which is host code"),
    (r"\bint\s+main\s*\(", "a main function: only device code is run"),
    (r"\bstd\s*::", "the C++ standard library, which device code does not have"),
    (r"\b__activemask\b", "__activemask, which does not say who is to take part: write the mask, 0xffffffff for all"),
    (r"\bd2l\s*::|\bd2l_\w+", "a name of the checks' own"),
)
_TYPES = {torch.float32: "f", torch.float64: "d", torch.int32: "i", torch.int64: "l"}
_C_TYPES = {"f": "float", "d": "double", "i": "int", "u": "unsigned", "l": "a 64-bit integer", "?": "another type"}


class Refused(Exception):
    """The text cannot be run: `kind` is "missing", "refused", "signature" or "compile"; `line` 0: none."""

    def __init__(self, kind: str, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.kind, self.text, self.line = kind, text[:_TEXT], line

    def answer(self, source: Source | None) -> dict[str, Any]:
        """What is sent back; with the student's own line where one is known."""
        quoted = source.line(self.line) if source and self.line else ""
        return {"outcome": self.kind, "where": {"text": self.text, "line": self.line, "quoted": quoted}}


class _Found(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_longlong)
        for name in (
            *("count", "buffer", "offset", "write", "other_write", "block", "thread", "other"),
            *("line", "other_line", "pc"),
        )
    ]


class _Report(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_longlong) for name in ("stage", "order", "block", "thread")),
        *((name, ctypes.c_longlong) for name in ("shared_bytes", "shared_written", "barriers")),
        ("loads", ctypes.c_longlong * _MAX_BUFFERS),
        ("stores", ctypes.c_longlong * _MAX_BUFFERS),
        *((name, ctypes.c_longlong) for name in ("shared_loads", "shared_stores")),
        *((name, ctypes.c_longlong) for name in ("most_loads", "most_shared_loads", "image")),
        ("found", _Found * len(KINDS)),
    ]


class _Buffer(ctypes.Structure):
    _fields_ = [(name, ctypes.c_longlong) for name in ("begin", "end", "item")]


class _Launch(ctypes.Structure):
    _fields_ = [
        ("grid", ctypes.c_longlong * 3),
        ("block", ctypes.c_longlong * 3),
        *((name, ctypes.c_longlong) for name in ("order", "seed", "arena", "arena_bytes", "buffers")),
        ("buffer", _Buffer * _MAX_BUFFERS),
    ]


@dataclass(frozen=True)
class Source:
    """A module's CUDA C++.

    Attributes:
        text: The text.
        first: The line of the student's file that its first line stands in; 1 where that is not to be seen.
    """

    text: str
    first: int

    def line(self, number: int) -> str:
        """What stands in a line of the student's file, without what surrounds it."""
        lines = self.text.split("\n")
        return lines[number - self.first].strip()[:_QUOTED] if 0 <= number - self.first < len(lines) else ""


@dataclass(frozen=True)
class Argument:
    """One of a kernel's arguments: a number, or an array with what lies around it.

    Attributes:
        value: The number, or the whole memory.
        before: How many elements lie before the array.
        count: How many the array has.
    """

    value: Any
    before: int = 0
    count: int = 0

    @property
    def array(self) -> bool:
        return isinstance(self.value, torch.Tensor)


def launch(
    module: types.ModuleType,
    kernel: str,
    grid: Sequence[int],
    block: Sequence[int],
    args: Sequence[Any],
    orders: Sequence[str] = tuple(ORDERS),
    seconds: float = 1.0,
    around: int = 0,
    ready: Sequence[Any] = (),
) -> dict[str, Any]:
    """Run a kernel of the module's CUDA_SOURCE, once in each order, each time on memory as it was given.

    Args:
        module: The student's module.
        kernel: The kernel's name.
        grid: Blocks along x, y, z.
        block: Threads along x, y, z.
        args: Its arguments, numbers and tensors.
        orders: Names of `ORDERS`.
        seconds: Processor time that all orders together may take.
        around: Elements that lie before and behind each array; NaN, or the least of whole numbers.
        ready: A library that another worker of the same submission built: its name, its bytes.

    Returns:
        "outcome": "ended", "endless", "crashed", "stuck", or a kind of `Refused`; "memory": order by order, the memory
        of each array, whole; "found": kind → what was found first; "counted"; "where": places and texts, and the
        "library" if it was built here.
    """
    arguments = [
        Argument(guarded(arg, around, place), around, arg.numel()) if isinstance(arg, torch.Tensor) else Argument(arg)
        for place, arg in enumerate(args)
    ]
    source = None
    try:
        source = read_source(module)
        library, built = build(source, kernel, ready)
        answer = _Run(library, grid, block, arguments, orders, seconds).hold()
    except Refused as error:
        return error.answer(source)
    if built:
        answer["where"]["library"] = [os.path.basename(library), _read(library)]  # noqa: PTH119
    return answer


def guarded(array: torch.Tensor, around: int, place: int) -> torch.Tensor:
    """The memory of an array: its elements, between others that nobody should read or write.

    Around floating-point numbers lie NaNs. Their spare bits tell the place of the argument and of the element, so that
    one which was read around another array, and went through a sum, is not taken for the one that lay here.
    """
    size = array.numel() + 2 * around
    if array.is_floating_point():
        bits = torch.int32 if array.itemsize == 4 else torch.int64
        spare = torch.arange(size, dtype=bits) % _SPARE + (place + 1) * _SPARE
        whole = (spare | _NAN[bits]).view(array.dtype)
    else:
        whole = torch.full((size,), torch.iinfo(array.dtype).min, dtype=array.dtype)
    whole[around : around + array.numel()] = array.flatten()
    return whole


def compile_for_gpu(module: types.ModuleType, arch: str = "sm_80") -> dict[str, Any]:
    """Compile the module's CUDA_SOURCE by nvcc: "no_nvcc", "built" or a kind of `Refused`.

    Only an error in a line of the student's text is theirs. Whatever else nvcc ends for, it is as if there were none.
    """
    source = None
    try:
        source = read_source(module)
        scan(source)
        said = run_nvcc(source, f"device-{arch}.cubin", (f"-arch={arch}", "-cubin", "-Xptxas", "-v"))
    except Refused as error:
        return error.answer(source)
    spilled = sum(int(number) for number in re.findall(r"(\d+) bytes spill (?:stores|loads)", said))
    return {"outcome": "built", "spilled": spilled}


def run_nvcc(source: Source, name: str, flags: Sequence[str], behind: str = "") -> str:
    """Compile by nvcc into a file of that name in the folder for temporary files; what it said.

    Args:
        source: The text.
        name: The file's.
        flags: What to make, and for which GPU.
        behind: More text, to stand behind the student's.

    Raises:
        Refused: "compile": an error in a line of the student's; "no_nvcc": it is missing, or ended for another reason.
    """
    nvcc = os.environ.get(NVCC_VARIABLE) or shutil.which("nvcc")
    if not nvcc:
        raise Refused("no_nvcc", "there is none")
    folder = tempfile.gettempdir()
    path = os.path.join(folder, f"{name}.cu")  # noqa: PTH118 - pathlib may be patched
    text = f'{NVCC_PRELUDE}#line {source.first} "CUDA_SOURCE"\n{source.text}\n{behind}'
    _write(path, text.encode())
    done = _start([nvcc, *flags, "-ccbin", "g++", "-o", os.path.join(folder, name), path], folder)  # noqa: PTH118
    said = done.stdout + done.stderr
    if done.returncode:
        line, error = _first_error(said)
        # Without a line it could not be started, lacks something that it needs itself, does not know this g++, …
        raise Refused("compile" if line else "no_nvcc", error, line)
    return said


def read_source(module: types.ModuleType) -> Source:
    """The module's CUDA_SOURCE, and where in its file it stands."""
    text = module.CUDA_SOURCE
    if not isinstance(text, str):
        raise Refused("missing", f"CUDA_SOURCE should be a string of CUDA C++; it is a {type(text).__name__}.")
    whole = "".join(linecache.getlines(getattr(module, "__file__", "") or ""))
    at = whole.find(text) if text.strip() else -1
    return Source(text, whole.count("\n", 0, at) + 1 if at >= 0 else 1)


def scan(source: Source) -> str:
    """The text without comments and strings, line by line the same; refuses what is not device code.

    It tells honest people what does not belong here. What keeps the others in is the worker's confinement.
    """

    def blank(match: re.Match[str]) -> str:
        return '""' + "\n" * match[0].count("\n") if match[0][0] == '"' else " " + "\n" * match[0].count("\n")

    bare = _STRINGS.sub(blank, source.text)
    for pattern, what in _REFUSED:
        if match := re.search(pattern, bare, re.MULTILINE):
            # A pattern may begin with the line breaks before what it is about.
            at = match.start() + len(match[0]) - len(match[0].lstrip())
            raise Refused("refused", f"It has {what}.", source.first + bare.count("\n", 0, at))
    return bare


def build(source: Source, kernel: str, ready: Sequence[Any] = ()) -> tuple[str, bool]:
    """The path of a kernel's shared library, and whether it had to be built: once for each text.

    Args:
        source: The text.
        kernel: The kernel's name.
        ready: A library built elsewhere, its name and its bytes; used if it is of this text and kernel.
    """
    kernels = _KERNEL.findall(scan(source))
    if kernel not in kernels:
        others = f"it has {', '.join(kernels)}" if kernels else "there is no `__global__ void` function in it"
        raise Refused("missing", f"CUDA_SOURCE defines no kernel `{kernel}`: {others}.")
    text = (
        f'#include "{HEADER.name}"\n#line {source.first} "CUDA_SOURCE"\n{_TWICE_STATIC.sub("", source.text)}\n'
        f'#line 1 "launcher"\nD2L_LAUNCHER({kernel})\n'
    )
    folder = tempfile.gettempdir()
    stem = os.path.join(folder, f"kernel-{hashlib.sha256(text.encode()).hexdigest()[:16]}")  # noqa: PTH118
    library = f"{stem}.so"
    if os.path.exists(library):  # noqa: PTH110
        return library, False
    if ready and ready[0] == os.path.basename(library):  # noqa: PTH119
        _write(library, ready[1])
        return library, False
    _write(f"{stem}.cpp", text.encode())
    command = ["g++", *COMPILER_FLAGS, f"-I{HEADER.parent}", "-c", f"{stem}.cpp", "-o", f"{stem}.o"]
    done = _start([*command, POISONED_VARIABLES], folder)
    if done.returncode and "unrecognized command-line option" in done.stderr:
        done = _start(command, folder)
    if not done.returncode:
        done = _start(["g++", "-shared", "-Wl,-Bsymbolic", f"{stem}.o", "-o", library], folder)
    if done.returncode:
        line, said = _first_error(done.stderr)
        raise Refused("compile", said, line)
    return library, True


class _Run:
    """One launch in all its orders: the memory that is shared with the child, and what becomes of it."""

    def __init__(
        self,
        library: str,
        grid: Sequence[int],
        block: Sequence[int],
        args: Sequence[Argument],
        orders: Sequence[str],
        seconds: float,
    ) -> None:
        self._library, self._args, self._orders, self._seconds = library, args, orders, seconds
        self._grid, self._block = [*grid, 1, 1][:3], [*block, 1, 1][:3]
        self._starts: list[int] = []  # of each array's memory, from an arena's beginning
        size = 0
        for arg in (arg for arg in args if arg.array):
            self._starts.append(size)
            size += -(-arg.value.nbytes // _ALIGN) * _ALIGN
        self._arena_bytes = max(size, _ALIGN)
        self._reports = -(-ctypes.sizeof(_Report) * len(orders) // _ALIGN) * _ALIGN
        self._memory = mmap.mmap(-1, self._reports + self._arena_bytes * len(orders))
        self._view = (ctypes.c_char * len(self._memory)).from_buffer(self._memory)
        self._address = ctypes.addressof(self._view)

    def hold(self) -> dict[str, Any]:
        for number in range(len(self._orders)):
            for start, arg in zip(self._starts, self._arrays, strict=True):
                ctypes.memmove(self._arena(number) + start, arg.value.data_ptr(), arg.value.nbytes)
        ended_by, said = self._in_a_child()
        if said:
            raise Refused("signature", said)
        reports = [
            _Report.from_address(self._address + number * ctypes.sizeof(_Report)) for number in range(len(self._orders))
        ]
        begun = [report for report in reports if report.stage]
        used = max((report.shared_bytes for report in begun), default=0)
        if used > SHARED_LIMIT:
            raise Refused("refused", f"It has {used} bytes of __shared__ arrays; a block may have {SHARED_LIMIT}.")
        last = begun[-1] if begun else reports[0]
        outcome = _outcome(ended_by, last.stage)
        # The memory is not closed: ctypes still looks at it; it ends with this object.
        return {
            "outcome": outcome,
            "at": {"order": len(begun) - 1, "block": last.block, "thread": last.thread} if outcome != "ended" else {},
            "found": self._findings(begun),
            "counted": self._counted(begun[:1]),
            "memory": [list(self._arrays_of(number)) for number in range(len(self._orders))]
            if outcome == "ended"
            else [],
            "where": {"lines": self._lines(begun)},
        }

    @property
    def _arrays(self) -> list[Argument]:
        return [arg for arg in self._args if arg.array]

    def _arena(self, number: int) -> int:
        return self._address + self._reports + number * self._arena_bytes

    def _in_a_child(self) -> tuple[int, str]:
        """Run it; the signal that ended the child (SIGPROF: out of time), and what it had to say of the signature."""
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of threads beside a fork: the child calls nothing that could wait for one
            pid = os.fork()
        if pid == 0:
            try:
                os.close(reader)
                os.write(writer, self._child().encode()[:_TEXT])
            finally:
                os._exit(0)
        os.close(writer)
        said, timed_out = b"", False
        try:
            ready, _, _ = select.select([reader], [], [], self._seconds * WALL_FACTOR)
            if not ready:
                timed_out = True
                os.kill(pid, signal.SIGKILL)
            said = os.read(reader, _TEXT)
        finally:
            os.close(reader)
            _, status = os.waitpid(pid, 0)
        if timed_out:
            return signal.SIGPROF, ""
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, said.decode("utf-8", "replace")

    def _child(self) -> str:
        for fatal in (signal.SIGPROF, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL):
            signal.signal(fatal, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, self._seconds)
        library = ctypes.CDLL(self._library)
        library.d2l_signature.restype = ctypes.c_char_p
        if said := _mismatch(library.d2l_signature().decode(), self._args):
            return said
        library.d2l_launch.restype = None
        for number, order in enumerate(self._orders):
            self._one(library, number, order)
        return ""

    def _one(self, library: ctypes.CDLL, number: int, order: str) -> None:
        arena = self._arena(number)
        policy, seed = ORDERS[order]
        plan = _Launch(order=policy, seed=seed, arena=arena, arena_bytes=self._arena_bytes, buffers=len(self._starts))
        plan.grid[:], plan.block[:] = self._grid, self._block
        starts, place = iter(self._starts), 0
        values: list[Any] = []  # each alive until the kernel has read it
        for arg in self._args:
            if arg.array:
                begin = arena + next(starts) + arg.before * arg.value.itemsize
                plan.buffer[place] = _Buffer(begin, begin + arg.count * arg.value.itemsize, arg.value.itemsize)
                values.append(ctypes.c_void_p(begin))
                place += 1
            else:
                # Eight bytes: a 64-bit parameter reads all of them, a smaller one the first.
                values.append(
                    ctypes.c_float(arg.value) if isinstance(arg.value, float) else ctypes.c_longlong(arg.value)
                )
        pointers = (ctypes.c_void_p * len(values))(*[ctypes.addressof(value) for value in values])
        report = _Report.from_address(self._address + number * ctypes.sizeof(_Report))
        library.d2l_launch(ctypes.byref(plan), ctypes.byref(report), pointers)

    def _arrays_of(self, number: int) -> Iterator[torch.Tensor]:
        for start, arg in zip(self._starts, self._arrays, strict=True):
            at = self._arena(number) + start - self._address
            data = bytearray(self._memory[at : at + arg.value.nbytes])
            yield torch.frombuffer(data, dtype=arg.value.dtype)

    def _findings(self, reports: Sequence[_Report]) -> dict[str, Any]:
        """Of each kind what the first order with it found first."""
        found: dict[str, Any] = {}
        for number, report in enumerate(reports):
            for kind, first in zip(KINDS, report.found, strict=True):
                if not first.count or kind in found:
                    continue
                names = ("count", "buffer", "offset", "write", "other_write", "block", "thread", "other")
                found[kind] = {"order": number, **{name: getattr(first, name) for name in names}}
        return found

    def _lines(self, reports: Sequence[_Report]) -> dict[str, list[int]]:
        """The lines of the findings; 0 where none is known."""
        lines: dict[str, list[int]] = {}
        for report in reports:
            for kind, first in zip(KINDS, report.found, strict=True):
                if first.count and kind not in lines:
                    line = _line_of(self._library, first.pc - report.image) if first.pc else first.line
                    lines[kind] = [line, first.other_line]
        return lines

    def _counted(self, reports: Sequence[_Report]) -> dict[str, Any]:
        arrays = len(self._starts)
        for report in reports:
            return {
                "loads": list(report.loads[:arrays]),
                "stores": list(report.stores[:arrays]),
                "barriers": report.barriers,
                **{name: getattr(report, name) for name in ("shared_bytes", "shared_written")},
                **{name: getattr(report, name) for name in ("shared_loads", "shared_stores")},
                **{name: getattr(report, name) for name in ("most_loads", "most_shared_loads")},
            }
        return {}


def _outcome(ended_by: int, stage: int) -> str:
    if ended_by in (signal.SIGPROF, signal.SIGXCPU):
        return "endless"
    if ended_by or stage not in (ENDED, STUCK):
        return "crashed"
    return "stuck" if stage == STUCK else "ended"


def _mismatch(signature: str, args: Sequence[Argument]) -> str:
    """Where the kernel's parameters are not what it is launched with, in words."""
    shapes, _, codes = signature.partition("|")
    if len(codes) != len(args):
        return f"The kernel has {len(codes)} parameters; it is launched with {len(args)} arguments."
    for place, (shape, code, arg) in enumerate(zip(shapes, codes, args, strict=True), 1):
        wanted = _TYPES[arg.value.dtype] if arg.array else "f" if isinstance(arg.value, float) else "iul"
        if (shape == "P") == arg.array and code in wanted:
            continue
        star = " *" if arg.array else ""
        have = f"`{_C_TYPES[code]}{' *' if shape == 'P' else ''}`"
        return f"Parameter {place} of the kernel is {have}; it should be `{_C_TYPES[wanted[0]]}{star}`."
    return ""


def _line_of(library: str, offset: int) -> int:
    """The line of an instruction, where the binary tools are there to tell."""
    if shutil.which("addr2line") is None:
        return 0
    done = _start(["addr2line", "-i", "-e", library, hex(offset - 1)], tempfile.gettempdir())
    found = re.search(r"CUDA_SOURCE:(\d+)", done.stdout)
    return int(found[1]) if found else 0


def _first_error(said: str) -> tuple[int, str]:
    """The first error in the student's text: its line, and what the compiler says."""
    errors = [line for line in said.splitlines() if "error" in line]
    for line in errors:
        if match := re.search(r"CUDA_SOURCE[:(](\d+)[^a-z]*(?:fatal )?error(?: #[\w-]+)?:?\s*(.*)", line):
            return int(match[1]), match[2]
    return 0, "\n".join(errors[:3]) or said[:_TEXT] or "the compiler ended without a word"


def _start(command: Sequence[str], folder: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the tool chain."""
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": folder}
    try:
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", errors="replace",
            timeout=COMPILE_SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, NOT_STARTED, "", f"error: {command[0]}: {error}")


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:  # noqa: PTH123 - pathlib may be patched
        file.write(data)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib may be patched
        return file.read()
