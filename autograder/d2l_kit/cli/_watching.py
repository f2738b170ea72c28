"""`d2l-kit check --watch`: check, wait for a save, check again what was saved, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from d2l_kit.report.model import ExerciseStatus, Report

if TYPE_CHECKING:
    from d2l_kit.catalog import Chapter, Course, Exercise
    from d2l_kit.cli.check import Desk
    from d2l_kit.grading.court import RunOptions

_SEPARATOR = "\n---- {time}  {what} ----\n"
_WAITING = "Watching {count}. Save a file to check it again; Ctrl-C ends."
_NEXT_WATCHED = "Next: {id}. Write in {file} and save; it is watched too."
_NEXT_STARTED = "Next: d2l-kit check --watch {id}"
_NEXT_NEW = "Next: d2l-kit start {id}"
_ENDED = "\nEnded. The last result:"


def watch_session(desk: Desk, course: Course, chapters: Sequence[Chapter], options: RunOptions) -> Report | None:
    """Watch until Ctrl-C, and return the last report; None if there was not even one."""
    from d2l_kit.grading.api import watch
    from d2l_kit.report.terminal import render_summary
    from d2l_kit.report.view import student_view
    from d2l_kit.workspace.watching import Watcher

    last: list[Report] = []

    def show(report: Report) -> None:
        last[:] = [report]
        for result in report.exercises:
            desk.show_result(result)
        desk.finish(report)
        if offer := _offer(desk, course, report):
            typer.echo(offer)
        count = len(desk.exercises)
        typer.echo(_WAITING.format(count=f"{count} exercise{'s' if count > 1 else ''}"))

    # Made before the first reading: a save in between must not be missed.
    saves = Watcher({exercise.id: desk.workspace.file(exercise) for exercise in desk.exercises})
    try:
        watch(chapters, desk.exercises, desk.read, options, _announced(saves), show)
    except KeyboardInterrupt:
        if not last:
            raise
        typer.echo(_ENDED)
        typer.echo(render_summary(student_view(last[0]), desk.outputs.options))
    return last[0] if last else None


def _announced(saves: Iterator[frozenset[str]]) -> Iterator[frozenset[str]]:
    """The same changes, each said with a line between the outputs."""
    for changed in saves:
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        typer.echo(_SEPARATOR.format(time=now, what=", ".join(sorted(changed))))
        yield changed


def _offer(desk: Desk, course: Course, report: Report) -> str:
    """After a pass: what could be done next, without going there unasked."""
    if not report.exercises or not report.passed:
        return ""
    following = _following(desk, course, report)
    if following is None:
        return ""
    path = desk.workspace.file(following)
    if following in desk.exercises:
        return _NEXT_WATCHED.format(id=following.id, file=desk.workspace.shown(path))
    return (_NEXT_STARTED if path.is_file() else _NEXT_NEW).format(id=following.id)


def _following(desk: Desk, course: Course, report: Report) -> Exercise | None:
    """The first exercise after those of the report that has not been passed."""
    from d2l_kit.workspace.state import read_state

    verdicts = read_state(desk.workspace).verdicts
    order = [*course]
    after = max(index for index, e in enumerate(order) if e.id in {result.id for result in report.exercises})
    done = {name for name, verdict in verdicts.items() if verdict.status == ExerciseStatus.PASSED}
    return next((e for e in order[after + 1 :] if e.id not in done), None)
