"""`d2l-kit check`: run the public checks on your answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._completion import report_format_names
from d2l_kit.cli._options import DemandedLevel, Device, InWorkspace, OnDevice, Seed, SomeNames
from d2l_kit.cli._terminal import chapters_of, note, warn, with_required
from d2l_kit.cli._terminal import course as load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2l_kit.catalog import Course, Exercise
    from d2l_kit.cli._reports import Outputs
    from d2l_kit.errors import KitError
    from d2l_kit.report.model import ExerciseResult, Report
    from d2l_kit.report.view import StudentReport
    from d2l_kit.submission import Submission
    from d2l_kit.workspace.layout import Workspace

_NOTHING = "There is nothing to check: no exercise of this workspace is started."
_NONE_IN_FILE = "{file} holds no exercise that is known here."
_FILE_ALONE = "--file looks at what one file holds, outside any workspace; it does not go with {option}."
_NO_WATCH = "--watch prints for people, again and again; {name} on standard output would be no document."


class StartMethod(StrEnum):
    """How the process that holds torch for the workers is made."""

    AUTO = "auto"
    FORK = "fork"
    FRESH = "fresh"
    SPAWN = "spawn"


@dataclass
class Counter:
    """Where results are shown.

    Attributes:
        problems: What could not be written, as it was said.
    """

    outputs: Outputs
    problems: list[KitError] = field(default_factory=list, kw_only=True)

    def show_result(self, result: ExerciseResult) -> None:
        """Show one exercise as soon as it is checked, if that is how standard output is to look."""
        from d2l_kit.report.terminal import render_exercise
        from d2l_kit.report.view import student_exercise

        if self.outputs.for_people:
            text = render_exercise(student_exercise(result), self.outputs.options)
            if text:  # what is not started comes together in the summary
                typer.echo(text)

    def finish(self, report: Report) -> None:
        """Write a report to files, and show what is still to show of it."""
        from d2l_kit.cli._reports import attempted
        from d2l_kit.report.view import student_view

        view = student_view(report)
        self.problems += attempted([*self.outputs.writes(view), lambda: self._show(view)])

    def _show(self, view: StudentReport) -> None:
        from d2l_kit.report.terminal import render_summary

        if self.outputs.for_people:
            typer.echo(render_summary(view, self.outputs.options))
        else:
            typer.echo(self.outputs.text(view), nl=False)


@dataclass
class Desk(Counter):
    """What `check` works on in a workspace: it reads the answers, shows results, and remembers verdicts.

    Attributes:
        readable: The exercises, and those whose files they may import.
        sources: SHA-256 of each file as it was last read, by exercise id.
    """

    workspace: Workspace
    exercises: Sequence[Exercise]
    readable: Sequence[Exercise]
    sources: dict[str, str] = field(default_factory=dict)

    def read(self) -> Submission:
        """The answers as they are now."""
        from d2l_kit.submission import read_submission
        from d2l_kit.workspace.state import digest

        self.sources.update({e.id: digest(self.workspace.file(e)) for e in self.exercises})
        return read_submission(self.workspace.root, self.readable)

    def finish(self, report: Report) -> None:
        """Remember a report's verdicts, write and show it."""
        from d2l_kit.errors import KitError
        from d2l_kit.workspace.state import remember_verdicts

        try:
            remember_verdicts(self.workspace, report, self.sources, datetime.now(UTC).isoformat(timespec="seconds"))
        except KitError as error:  # the verdict is shown; that it could not be kept must not hide it
            warn(error)
        super().finish(report)


def check(
    names: SomeNames = None,
    workspace: InWorkspace = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Check what a notebook, .py, folder or zip holds, read as the grader reads it; no workspace needed.",
            show_default=False,
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and check again at every save.")] = False,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME[:FILE]",
            help="terminal, json, junit, html, github, gradescope …; repeatable, with files.",
            show_default=False,
            autocompletion=report_format_names,
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="All failures in full.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only the last line.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 also when a check failed.")] = False,
    seed: Seed = "",
    confinement: DemandedLevel = None,
    time_factor: Annotated[
        float,
        typer.Option("--timeout-factor", min=0.01, metavar="X", help="Stretch time limits, for a slow machine."),
    ] = 1.0,
    start_method: Annotated[
        StartMethod, typer.Option("--start-method", help="How workers come by torch.")
    ] = StartMethod.AUTO,
    device: OnDevice = Device.AUTO,
    jobs: Annotated[int, typer.Option("-n", "--jobs", min=1, help="Exercises checked at once.")] = 1,
) -> None:
    """Check your answers: public checks, in a worker that is locked in.

    NAMES may also be files, such as ch07/corr2d.py. Exit code 0: all passed; 1: some check failed.
    """
    from d2l_kit.cli._reports import outputs
    from d2l_kit.cli._watching import watch_session
    from d2l_kit.errors import EXIT_CHECK_FAILED, UsageError
    from d2l_kit.workspace.layout import open_workspace, select

    shown = outputs(formats or (), verbose=verbose, quiet=quiet)
    if watch and not shown.for_people:
        name = shown.shown.format.name
        raise UsageError(_NO_WATCH.format(name=name), f"Give it a file, --format {name}:FILE, or leave --watch out.")
    course = load()
    desk: Counter
    if file is not None:
        if watch or workspace is not None:
            raise UsageError(_FILE_ALONE.format(option="--watch" if watch else "--workspace"), "Leave one out.")
        exercises, answers = _in_file(course, file, names or ())
        desk = Counter(shown)
    else:
        found = open_workspace(workspace)
        chosen = select(found, course, names or ())
        exercises = chosen if names else found.started(chosen)
        if not exercises:
            raise UsageError(_NOTHING, "Begin with: d2l-kit start ch7")
        desk = Desk(shown, found, exercises, with_required(course, exercises))

    from d2l_kit.grading.api import check as run
    from d2l_kit.grading.court import RunOptions

    chapters = chapters_of(course, exercises)
    options = RunOptions(
        level=confinement.value if confinement else "",
        device=device.value,
        jobs=jobs,
        seed=seed,
        start=start_method.value,
        time_factor=time_factor,
    )
    if watch and isinstance(desk, Desk):
        report = watch_session(desk, course, chapters, options)
    else:
        if isinstance(desk, Desk):
            answers = desk.read()
        report = run(chapters, exercises, answers, options, desk.show_result)
        desk.finish(report)
    if desk.problems:
        raise typer.Exit(desk.problems[0].exit_code)
    if report is not None and failed(report) and not exit_zero:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _in_file(course: Course, file: Path, names: Sequence[str]) -> tuple[tuple[Exercise, ...], Submission]:
    """The exercises that were named, or that a file holds, and what it says."""
    from d2l_kit.errors import UsageError
    from d2l_kit.submission import read_submission

    if not file.exists():
        raise UsageError(f"{file} is not there.", "Name the file as it is called now, and save it first.")
    chosen = course.select(names)
    answers = read_submission(file, with_required(course, chosen))
    for text in answers.notes:
        note(text)
    there = tuple(e for e in chosen if names or e.id in answers.sources or e.id in answers.problems)
    if not there:
        raise UsageError(_NONE_IN_FILE.format(file=file), "Name the exercise: d2l-kit check --file FILE corr2d")
    return there, answers


def failed(report: Report) -> bool:
    """Whether something is left to do for the student; what is only pending is not."""
    from d2l_kit.report.model import ExerciseStatus

    return any(e.status in (ExerciseStatus.FAILED, ExerciseStatus.NOT_STARTED) for e in report.exercises)
