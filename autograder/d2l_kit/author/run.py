"""Holding an author's session: checks collected, workers at hand, work shared out over the cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import MachineError, UsageError
from d2l_kit.grading import launch
from d2l_kit.grading.judge import Bench

Progress = Callable[[int, int, str], None]  # told (pieces done, of how many, the name of the last)


@dataclass(frozen=True)
class Results:
    """What pieces of work gave, in their order; None where a problem came instead."""

    values: tuple[dict[str, Any] | None, ...]
    problems: tuple[str, ...]


def quietly(done: int, total: int, name: str) -> None:
    """Say nothing of the progress."""


def hold(
    exercises: Sequence[Exercise],
    names: Sequence[str],
    work: Callable[[Bench, int], dict[str, Any]],
    jobs: int = 0,
    progress: Progress = quietly,
    environment: Mapping[str, str] | None = None,
) -> Results:
    """Call `work(bench, index)` for every name, side by side.

    Args:
        exercises: Whose checks, hidden ones too, are collected.
        names: Of the pieces of work, for problems and progress.
        work: Returns plain JSON.
        jobs: Processes; 0 for one per core.
        progress: Told of each piece that is done.
        environment: More variables for the workers.

    Returns:
        Nothing was run if there is no piece of work.

    Raises:
        UsageError: The reference is not installed.
        MachineError: This machine lacks what a runtime of the exercises needs.
    """
    if not names:
        return Results((), ())
    missing = [e.id for e in exercises if e.files.solution is None]
    if missing:
        raise UsageError(
            f"{missing[0]} has no solution here.",
            "Authors need the instructor's package: pip install d2l-kit-instructor.",
        )
    jobs = max(1, min(jobs or os.cpu_count() or 1, len(names)))
    launch.prepare_process()
    with launch.workers(
        exercises,
        level="",
        allow_weaker=True,
        start=_start(),
        connections=jobs,
        meanwhile=_imports,
        environment=environment or {},
    ) as found:
        from d2l_kit.grading import crew
        from d2l_kit.grading.plugin import Session, with_session

        for runtime, reason in found.lacking(exercise.runtime for exercise in exercises).items():
            raise MachineError(f"Exercises with the runtime {runtime!r} cannot be tried here: it {reason}.")
        values: list[dict[str, Any] | None] = [None] * len(names)
        problems: list[str] = []
        done: list[int] = []

        def took(answer: crew.Answer) -> None:
            values[answer.index] = answer.result
            if answer.problem:
                problems.append(answer.problem)
            done.append(answer.index)
            progress(len(done), len(names), names[answer.index])

        def drive(session: Session) -> None:
            benches = [Bench(session, found.of_job(job).spawn) for job in range(jobs)]
            crew.share(len(names), jobs, lambda job, index: work(benches[job], index), took, names)

        with_session(exercises, True, drive)
    return Results(tuple(values), tuple(problems))


def chapters_of(chapters: Sequence[Chapter], exercises: Sequence[Exercise]) -> list[Chapter]:
    """The chapters that any of the exercises belongs to."""
    wanted = {exercise.chapter for exercise in exercises}
    return [chapter for chapter in chapters if chapter.name in wanted]


def _start() -> str:
    return "fresh" if launch.default_start() == "fork" else "spawn"


def _imports() -> None:
    import d2l_kit.grading.diagnosis  # noqa: F401 - torch and pytest, while the zygote warms up
