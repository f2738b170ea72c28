"""Looking at this machine for `doctor`: each step is PASS, CAUTION or FAIL, with what to do about it.

Everything is found by looking or doing, never by importing torch. Findings go into bug reports, so they name
no folder, no user and no host.
"""

from __future__ import annotations

import locale
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from d2l_kit.catalog import Exercise

GIB = 1 << 30
MIB = 1 << 20
_JUDGE_MIB = 512  # a process of the grader and its part of what the zygote shares
_ENOUGH_MEMORY = 4 * GIB  # torch, the grader and a worker of 2 GiB
_ENOUGH_DISK = 1 * GIB
_NVIDIA_SMI = ("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
_NVIDIA_SMI_SECONDS = 10

_LEVEL = "confinement: "
_SAFE_LEVELS = ("landlock", "namespaces")
_CAN_GRADE = "This machine can grade a class: level {level}"
_CAN_CHECK = "This machine can check your own work (level {level}), not yet grade a class safely. It lacks: {missing}"
_CANNOT = "This machine cannot check anything yet: {missing}"
_MORE = "This machine can grade a class: level {level}. For level {higher} it lacks: {missing}"


class Verdict(StrEnum):
    """How a step ended."""

    PASS = "PASS"
    CAUTION = "CAUTION"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One step's outcome.

    Attributes:
        name: What was looked at.
        detail: What was found.
        remedy: What to do about it; empty if nothing is to be done.
        needed: Whether nothing can be checked without it.
    """

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""
    needed: bool = False


@dataclass(frozen=True)
class Machine:
    """All findings, the level of confinement that can be had, and the conclusion in a line."""

    findings: tuple[Finding, ...]
    level: str
    conclusion: str

    @property
    def usable(self) -> bool:
        """Whether anything can be checked here."""
        return not any(f.needed and f.verdict is Verdict.FAIL for f in self.findings)


def examine(tell: Callable[[Finding], None] = lambda _: None) -> Machine:
    """Look at everything; `tell` hears of each finding as soon as it is there."""
    findings: list[Finding] = []
    for finding in _facts():
        findings.append(finding)
        tell(finding)
    levels: list[Finding] = []
    for finding in _levels():
        levels.append(finding)
        tell(finding)
    held = [f for f in levels if f.verdict is Verdict.PASS]
    level = held[-1].name.removeprefix(_LEVEL) if held else "none"
    findings += levels
    return Machine(tuple(findings), level, _conclusion(findings, levels, level))


def _facts() -> Iterator[Finding]:
    yield Finding("python", Verdict.PASS, f"{platform.python_version()} on {platform.platform()}")
    yield _package("d2l-kit", "pip install d2l-kit")
    yield _package("torch", "pip install torch", needed=True)
    yield _package("numpy", "pip install numpy", needed=True)
    yield _instructor()
    yield _cores()
    yield _memory()
    yield _disk()
    yield _encoding()
    yield _gpu()


def _package(name: str, remedy: str, *, needed: bool = False) -> Finding:
    try:
        return Finding(name, Verdict.PASS, version(name), needed=needed)
    except PackageNotFoundError:
        return Finding(name, Verdict.FAIL, "not installed", remedy, needed=needed)


def _instructor() -> Finding:
    try:
        return Finding("instructor's wheel", Verdict.PASS, version("d2l-kit-instructor"))
    except PackageNotFoundError:
        return Finding("instructor's wheel", Verdict.PASS, "not installed: only public checks run here")


def _cores() -> Finding:
    return Finding("cores", Verdict.PASS, str(usable_cores()))


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def affordable_jobs(exercises: Sequence[Exercise]) -> int:
    """Submissions that can be graded side by side: one for each core, as far as memory goes for all of them.

    Each may take up to the largest limit of its exercises, and the processes that judge it, torch included, as well.
    """
    try:
        free = available_memory()
    except OSError:
        return usable_cores()
    return max(1, min(usable_cores(), free // memory_allowed(1, exercises)))


def memory_allowed(jobs: int, exercises: Sequence[Exercise]) -> int:
    """Bytes that so many submissions side by side may take, all processes together."""
    return jobs * (max((exercise.limits.memory_mib for exercise in exercises), default=0) + _JUDGE_MIB) * MIB


def available_memory() -> int:
    """Bytes that new processes may take without swapping.

    Raises:
        OSError: This system does not say.
    """
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise OSError("MemAvailable is not in /proc/meminfo")


def _memory() -> Finding:
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return Finding("memory", Verdict.PASS, "unknown")
    if total < _ENOUGH_MEMORY:
        return Finding("memory", Verdict.CAUTION, _gib(total), "Grade with --jobs 1; close other programs.")
    return Finding("memory", Verdict.PASS, _gib(total))


def _disk() -> Finding:
    name = "temporary folder"
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
        free = shutil.disk_usage(tempfile.gettempdir()).free
    except OSError as error:
        reason = error.strerror or str(error)
        return Finding(name, Verdict.FAIL, f"cannot be written: {reason}", "Point TMPDIR at a folder you may write to.")
    if free < _ENOUGH_DISK:
        return Finding(name, Verdict.CAUTION, f"{_gib(free)} free", "Free some space, or point TMPDIR elsewhere.")
    return Finding(name, Verdict.PASS, f"{_gib(free)} free")


def _encoding() -> Finding:
    streams, preferred = sys.stdout.encoding or "unknown", locale.getpreferredencoding(False)
    detail = f"output {streams}, locale {preferred}"
    if streams.lower().replace("-", "") != "utf8":
        return Finding("encoding", Verdict.CAUTION, detail, "Set PYTHONUTF8=1 to see all characters as they are.")
    return Finding("encoding", Verdict.PASS, detail)


def _gpu() -> Finding:
    if (program := shutil.which(_NVIDIA_SMI[0])) is None:
        return Finding("gpu", Verdict.PASS, "none (no nvidia-smi); checks that need one stay pending")
    try:
        done = subprocess.run(
            [program, *_NVIDIA_SMI[1:]],
            capture_output=True, timeout=_NVIDIA_SMI_SECONDS, text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("gpu", Verdict.CAUTION, f"nvidia-smi: {type(error).__name__}", "Run nvidia-smi yourself.")
    gpus = "; ".join(line.strip() for line in done.stdout.splitlines() if line.strip())
    if done.returncode or not gpus:
        return Finding("gpu", Verdict.CAUTION, f"nvidia-smi ended with {done.returncode}", "Run nvidia-smi yourself.")
    return Finding("gpu", Verdict.PASS, gpus)


def _levels() -> Iterator[Finding]:
    """A finding for each level above none, weakest first; a level holds if all its steps do."""
    from d2l_kit.worker.confinement import Level, probe

    for level in Level:
        if level > Level.NONE:
            try:
                yield _level(level.label, probe(level))
            except Exception as error:  # whatever it is, it is what a bug report must hold
                text = f"the probe broke: {type(error).__name__}: {error}"
                yield Finding(f"{_LEVEL}{level.label}", Verdict.FAIL, text, "Please report this.")


def _level(label: str, report: Any) -> Finding:
    failed = [step for step in report.steps if step.verdict != "PASS"]
    if not failed:
        return Finding(f"{_LEVEL}{label}", Verdict.PASS, f"{len(report.steps)} steps done")
    what = "; ".join(f"{step.name}: {step.reason}" for step in failed)
    remedy = " ".join(dict.fromkeys(step.remedy for step in failed if step.remedy))
    return Finding(f"{_LEVEL}{label}", Verdict.CAUTION, what, remedy)


def _conclusion(findings: Iterable[Finding], levels: list[Finding], level: str) -> str:
    blocking = [f for f in findings if f.needed and f.verdict is Verdict.FAIL]
    if blocking:
        return _CANNOT.format(missing=", ".join(f"{f.name} ({f.remedy})" for f in blocking))
    higher = levels[1 + max((n for n, f in enumerate(levels) if f.verdict is Verdict.PASS), default=-1) :]
    lacking = higher[0] if higher else None
    missing = f"{lacking.detail}. {lacking.remedy}".strip() if lacking else ""
    if level not in _SAFE_LEVELS:
        return _CAN_CHECK.format(level=level, missing=missing)
    if lacking is None:
        return _CAN_GRADE.format(level=level)
    return _MORE.format(level=level, higher=lacking.name.removeprefix(_LEVEL), missing=missing)


def _gib(number: int) -> str:
    return f"{number / GIB:.1f} GiB"
