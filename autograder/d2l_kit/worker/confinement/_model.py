"""The nouns of confinement: levels, what a zygote and a worker are given, and what is in force."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

# What `missing` says of a worker whose processes nobody adds up; a grader that polls the sum leaves it out.
NO_SUM = "a bound on the memory of all processes together: each is bounded"


class Level(enum.IntEnum):
    """How far a worker is locked in; each level holds all of those below it."""

    NONE = 0
    PROCESS = 1
    LANDLOCK = 2
    NAMESPACES = 3

    @property
    def label(self) -> str:
        """The level as people and reports write it: `landlock`."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Level:
        """Read a label.

        Raises:
            ValueError: There is no such level; the message lists those there are.
        """
        for level in cls:
            if level.label == label:
                return level
        known = ", ".join(level.label for level in cls)
        raise ValueError(f"there is no level of confinement named {label!r}; there are: {known}")


@dataclass(frozen=True)
class Plan:
    """What holds for a zygote and every worker that is forked from it.

    Attributes:
        level: The level to reach; there is no silent step down.
        readable: Paths a worker may read besides the interpreter, its libraries and site-packages.
        hidden: Paths at or below readable ones that a worker must not see; they win over `readable`.
        devices: Device files that a worker may use besides the harmless ones, such as a GPU's.
    """

    level: Level
    readable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkerLimits:
    """What one worker may use.

    Attributes:
        cpu_seconds: CPU time of each of its processes, rounded up to whole seconds.
        memory_bytes: Address space of each process on top of what the zygote had; 0 sets no bound, for
            CUDA, which reserves far more than it uses.
        processes: Processes and threads at any one time, the worker itself included.
        file_bytes: The largest single file.
        scratch_bytes: All files in the scratch folder together, and again as much in `/dev/shm`
            (bounded at `namespaces` only).
        open_files: Descriptors of each process.
        loopback: The worker's own processes may talk TCP to each other (`namespaces` only).
        unix_sockets: Unix sockets are allowed at `landlock` too, for data loaders.
        allow_exec: Other programs may be started.
    """

    cpu_seconds: float
    memory_bytes: int
    processes: int
    file_bytes: int
    scratch_bytes: int
    open_files: int = 256
    loopback: bool = False
    unix_sockets: bool = False
    allow_exec: bool = False


@dataclass(frozen=True)
class Confinement:
    """What is in force in a worker, in plain strings, so that it can travel as JSON.

    Attributes:
        level: The label of the level reached.
        mechanisms: Each thing that was done, named when its last system call had succeeded.
        missing: What was asked for or is usual and does not hold, with the reason.
        network: `none`, `loopback` (between the worker's own processes) or `open`.
        memory_bound: `rlimit` (each process is bounded, not their sum) or `none`. A grader that polls
            `Zygote.memory_used` and acts on it may write `poll`.
        own_uid: The worker runs under an account that nothing else on the machine uses.
    """

    level: str
    mechanisms: tuple[str, ...]
    missing: tuple[str, ...]
    network: str
    memory_bound: str
    own_uid: bool

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON's types."""
        return asdict(self) | {"mechanisms": list(self.mechanisms), "missing": list(self.missing)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_dict` wrote."""
        return cls(
            level=str(values["level"]),
            mechanisms=tuple(str(each) for each in values["mechanisms"]),
            missing=tuple(str(each) for each in values["missing"]),
            network=str(values["network"]),
            memory_bound=str(values["memory_bound"]),
            own_uid=bool(values["own_uid"]),
        )


class Unavailable(Exception):
    """This machine refused a step of the level asked for. Show `reason` and `remedy`, or ask for less.

    Attributes:
        level: The level that cannot be had.
        step: The step that failed.
        reason: What the machine said.
        remedy: What to change, or an empty string.
        done: The steps that had passed before it.
    """

    def __init__(self, level: Level, step: str, reason: str, remedy: str = "", done: tuple[str, ...] = ()) -> None:
        super().__init__(f"confinement level {level.label} is not available: {step}: {reason}")
        self.level = level
        self.step = step
        self.reason = reason
        self.remedy = remedy
        self.done = done


@dataclass(frozen=True)
class Step:
    """One thing that a probe did, and how it went."""

    name: str
    verdict: Literal["PASS", "FAIL"]
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    """What a probe found out about one level."""

    level: Level
    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether every step passed."""
        return bool(self.steps) and all(step.verdict == "PASS" for step in self.steps)


class Steps:
    """The steps done so far on the way to a level.

    A step's name enters `done` after its last call has returned and never before: `done` is what reports
    quote, so a report cannot claim what was not done.
    """

    def __init__(self, level: Level) -> None:
        self.level = level
        self.done: list[str] = []

    @contextmanager
    def step(self, name: str, remedy: str = "") -> Iterator[None]:
        """Do one step; an `OSError` in it becomes `Unavailable` with the step's name and remedy."""
        try:
            yield
        except OSError as error:
            raise Unavailable(self.level, name, _reason(error), remedy, tuple(self.done)) from error
        self.done.append(name)


def _reason(error: OSError) -> str:
    if error.errno is None:
        return str(error)
    where = f" ({error.filename!s})" if error.filename is not None else ""
    return f"{error.strerror or os.strerror(error.errno)}{where}"
