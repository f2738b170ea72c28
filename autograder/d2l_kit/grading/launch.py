"""Getting workers: which level of confinement this machine can hold, and a zygote started at it.

Nothing is assumed: a level is had when a zygote came up in it. Levels are tried from the best down; what failed on the
way is kept and reported. Less than what was demanded is refused unless weaker levels were allowed by name.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from d2l_kit.catalog import Exercise
from d2l_kit.errors import ConfinementUnavailable, GraderError
from d2l_kit.report.model import Confinement
from d2l_kit.worker import flavours, handle
from d2l_kit.worker.confinement import NO_SUM, Level, probe
from d2l_kit.worker.handle import (
    Bounds,
    Plan,
    Spawner,
    Starting,
    Worker,
    Zygote,
    ZygoteFailed,
    ZygoteUnavailable,
)
from d2l_kit.worker.runtimes import available

LEVEL_FOR_A_CLASS = "namespaces"
GPU_DEVICES = ("nvidia*", "nvidia-caps/*", "dxg")


class Workers:
    """A source of workers that keeps what the last one was found to be locked into.

    Args:
        spawn: Starts a worker.
        level: The level of confinement they come up in.
        missing: What was tried before this level and could not be had.
        connections: For each process of the grader its connections to the zygotes, by flavour; none where workers are
            spawned.
    """

    def __init__(
        self,
        spawn: Callable[[Bounds], Worker],
        level: Level,
        missing: Sequence[str],
        connections: Sequence[Mapping[str, Zygote]] = (),
    ) -> None:
        self._spawn = spawn
        self._level = level
        self._missing = tuple(missing)
        self._held: Confinement | None = None
        self._connections = tuple(connections)

    def spawn(self, bounds: Bounds) -> Worker:
        """A fresh worker."""
        worker = self._spawn(bounds)
        self._held = self._confinement_of(worker)
        return worker

    def of_job(self, job: int) -> Workers:
        """The same for another process of the grader, over its own connections."""
        if not self._connections:
            return self
        return Workers(_from(self._connections[job]), self._level, self._missing, self._connections)

    def lacking(self, runtimes: Iterable[str]) -> dict[str, str]:
        """Of these runtimes the ones that cannot be had here, with the reason."""
        reasons = {runtime: available.missing(runtime, self._level.label) for runtime in set(runtimes)}
        return {runtime: reason for runtime, reason in reasons.items() if reason}

    @property
    def confinement(self) -> Confinement:
        """What workers are locked into, as one said before it had read anything of a submission."""
        if self._held is None:
            self.spawn(Bounds()).close()
        assert self._held is not None
        return self._held

    def _confinement_of(self, worker: Worker) -> Confinement:
        held, polled = worker.confinement, worker.memory_is_polled
        lacking = tuple(reason for reason in held.missing if not (polled and reason == NO_SUM))
        bound = "poll" if polled and held.memory_bound == "rlimit" else held.memory_bound
        return Confinement(held.level, held.mechanisms, (*self._missing, *lacking), held.network, bound)


def _from(zygotes: Mapping[str, Zygote]) -> Callable[[Bounds], Worker]:
    return lambda bounds: zygotes[bounds.flavour].spawn(bounds)


class Spare:
    """Keeps one worker ready for the next who asks with the same bounds, so that a save need not wait for a fork."""

    def __init__(self, spawn: Callable[[Bounds], Worker]) -> None:
        self._spawn = spawn
        self._bounds: Bounds | None = None
        self._worker: Worker | None = None

    def spawn(self, bounds: Bounds) -> Worker:
        """The spare worker if it fits, else a fresh one."""
        ready, self._worker = self._worker, None
        if ready is not None and bounds == self._bounds:
            return ready
        if ready is not None:
            ready.close()
        self._bounds = bounds
        return self._spawn(bounds)

    def prepare(self) -> None:
        """Start the next spare, while nobody waits."""
        if self._worker is None and self._bounds is not None:
            self._worker = self._spawn(self._bounds)

    def __enter__(self) -> Spare:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._worker is not None:
            self._worker.close()


def prepare_process() -> None:
    """Settings that must stand before torch is imported here, if a zygote is to be forked from this process."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, handle.CLEAN_ENVIRONMENT[name])


@contextmanager
def workers(
    exercises: Sequence[Exercise],
    *,
    level: str,
    allow_weaker: bool,
    start: str,
    device: str = "cpu",
    connections: int = 1,
    meanwhile: Callable[[], None] = lambda: None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Workers]:
    """Start a zygote (or a spawner) at the best level there is, and end it with all its workers afterwards.

    Args:
        exercises: Whose needs decide what the zygote imports ahead.
        level: What is demanded; "" for the best there is.
        allow_weaker: Whether less than demanded will do.
        start: "fork" (this process, torch imported once), "fresh" (a clean interpreter) or "spawn" (one per worker).
        device: "cpu", or anything else for workers that may use a GPU if there is one.
        connections: How many processes of the grader will ask for workers.
        meanwhile: Called while the zygote warms up.
        environment: More variables for the workers.

    Raises:
        ConfinementUnavailable: The machine cannot hold the level demanded.
        GraderError: No worker could be started.
    """
    demanded = Level.parse(level) if level else Level.NONE
    missing: list[str] = []
    try:
        if start == "spawn":
            best = _best_for_spawned(missing)
            if not allow_weaker and demanded > best:
                raise ConfinementUnavailable(
                    f"Confinement {demanded.label!r} was asked for; spawned workers have {best.label!r}.",
                    "Grade on Linux, or say --allow-weaker.",
                )
            spawner = Spawner(best, environment or {})
            meanwhile()
            yield Workers(spawner.spawn, best, missing)
            return
        zygotes, held = _start(
            exercises,
            demanded if level and not allow_weaker else None,
            level,
            start,
            device,
            connections,
            missing,
            meanwhile,
            environment or {},
        )
        try:
            yield Workers(_from(zygotes[0]), held, missing, zygotes)
        finally:
            for of_job in reversed(zygotes):
                for zygote in of_job.values():
                    zygote.close()
    except ZygoteFailed as error:
        raise GraderError(f"No worker could be started: {error}.", "`d2l-kit doctor` looks for the reason.") from error


def _best_for_spawned(missing: list[str]) -> Level:
    """What a worker that is an interpreter of its own can hold: limits, where the system has them."""
    for step in probe(Level.PROCESS).steps:
        if step.verdict == "FAIL":
            missing.append(f"{Level.PROCESS.label}: {step.name}: {step.reason}")
            return Level.NONE
    return Level.PROCESS


def _start(
    exercises: Sequence[Exercise],
    demanded: Level | None,
    level: str,
    start: str,
    device: str,
    connections: int,
    missing: list[str],
    meanwhile: Callable[[], None],
    environment: Mapping[str, str],
) -> tuple[list[dict[str, Zygote]], Level]:
    """Zygotes of every flavour wanted at the best level there is: for each process of the grader, by flavour."""
    called = False
    # A level asked for by name is the ceiling too: asking for `landlock` gives landlock.
    ceiling = Level.parse(level) if level else Level.NAMESPACES
    for candidate in sorted((lv for lv in Level if lv <= ceiling), reverse=True):
        if demanded is not None and candidate < demanded:
            break
        starting = {
            name: handle.start_forked(plan) if start == "fork" else handle.start_fresh(plan, connections)
            for name, plan in _plans(exercises, candidate, device, environment).items()
        }
        if not called:
            called = True
            meanwhile()
        try:
            ready = _all_ready(starting)
        except ZygoteUnavailable as error:
            missing.append(
                f"{candidate.label}: {error.step}: {error.reason}" + (f" ({error.remedy})" if error.remedy else "")
            )
        else:
            of_jobs = range(len(next(iter(ready.values()))))
            return [{name: zygotes[job] for name, zygotes in ready.items()} for job in of_jobs], candidate
    raise ConfinementUnavailable(
        f"Confinement {ceiling.label!r} was asked for and cannot be had here: {'; '.join(missing)}.",
        "`d2l-kit doctor` shows what is missing; --allow-weaker grades with what there is.",
    )


def _all_ready(starting: dict[str, Starting]) -> dict[str, list[Zygote]]:
    """The connections of zygotes that all came up; if one did not, the others are ended."""
    ready: dict[str, list[Zygote]] = {}
    try:
        for name in list(starting):
            ready[name] = starting.pop(name).ready()
    except BaseException:
        for other in starting.values():
            other.give_up()
        for zygotes in ready.values():
            for zygote in reversed(zygotes):
                zygote.close()
        raise
    return ready


def _plans(exercises: Sequence[Exercise], level: Level, device: str, environment: Mapping[str, str]) -> dict[str, Plan]:
    """What to start: a plan for each flavour that an exercise needs and this machine can have."""
    import d2l_kit

    package = str(Path(d2l_kit.__file__).parent)
    runtimes = [e.runtime for e in exercises if not available.missing(e.runtime, level.label)]
    modules = [name for exercise in exercises for name in exercise.prewarm]
    secrets = _secrets()
    devices = () if device == "cpu" else _gpu_devices()
    driver = flavours.driver_folders() if devices else ()
    plans = {}
    for name in flavours.needed(runtimes, gpu=bool(devices)):
        flavour = flavours.flavour(name, runtimes)
        prewarm = dict.fromkeys((*flavour.prewarm, *(modules if name == flavours.PLAIN else ())))
        readable = (package, *driver, *flavour.readable)
        variables = {**flavour.environment, **environment}
        plans[name] = Plan(level, readable, secrets, tuple(prewarm), variables, devices)
    return plans


def _gpu_devices() -> tuple[str, ...]:
    """What NVIDIA's driver (WSL's `dxg` too) is reached through. Nothing is asked of the driver here."""
    found = (path for pattern in GPU_DEVICES for path in Path("/dev").glob(pattern))
    return tuple(sorted(str(path) for path in found if path.is_char_device()))


def _secrets() -> tuple[str, ...]:
    """Everything an instructor has and no student may see: reference packages, wherever they are installed."""
    from d2l_kit.plugins import INSTRUCTOR, reference_roots

    secrets = [str(root) for root in reference_roots()]
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        # Its metadata lists every file with its checksum.
        listed = importlib.metadata.files(INSTRUCTOR) or ()
        secrets += [str(file.locate()) for file in listed if ".dist-info" in str(file)]
    return tuple(secrets)


def has_gpu(device: str) -> bool:
    """Whether checks that need a GPU can run."""
    if device == "cpu":
        return False
    import torch

    available = bool(_gpu_devices()) and torch.cuda.is_available()
    if device == "cuda" and not available:
        raise GraderError("--device cuda: torch sees no GPU.", "Leave the option out, or install torch's CUDA build.")
    return available


def default_start() -> str:
    """`fork` on Linux, `spawn` where forking a process with torch is not safe."""
    return "fork" if sys.platform.startswith("linux") else "spawn"
