"""`d2l-kit check`: run the public checks on your answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._options import DemandedLevel, Device, InWorkspace, OnDevice, Seed, SomeNames
from d2l_kit.cli._terminal import chapters_of, warn, with_required
from d2l_kit.cli._terminal import course as load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2l_kit.catalog import Exercise
    from d2l_kit.cli._reports import Outputs
    from d2l_kit.report.model import ExerciseResult, Report
    from d2l_kit.submission import Submission
    from d2l_kit.workspace.layout import Workspace

_NOTHING = "There is nothing to check: no exercise of this workspace is started."
_NO_WATCH = "--watch prints for people, again and again; {name} on standard output would be no document."


class StartMethod(StrEnum):
    """How the process that holds torch for the workers is made."""

    AUTO = "auto"
    FORK = "fork"
    FRESH = "fresh"
    SPAWN = "spawn"


@dataclass
class Desk:
    """What one run of `check` works on: it reads the answers, shows results, and remembers verdicts.

    Attributes:
        readable: The exercises, and those whose files they may import.
        sources: SHA-256 of each file as it was last read, by exercise id.
    """

    workspace: Workspace
    exercises: Sequence[Exercise]
    readable: Sequence[Exercise]
    outputs: Outputs
    sources: dict[str, str] = field(default_factory=dict)

    def read(self) -> Submission:
        """The answers as they are now."""
        from d2l_kit.submission import read_submission
        from d2l_kit.workspace.state import digest

        self.sources.update({e.id: digest(self.workspace.file(e)) for e in self.exercises})
        return read_submission(self.workspace.root, self.readable)

    def show_result(self, result: ExerciseResult) -> None:
        """Show one exercise as soon as it is checked, if that is how standard output is to look."""
        from d2l_kit.report.terminal import render_exercise
        from d2l_kit.report.view import student_exercise

        if self.outputs.for_people:
            text = render_exercise(student_exercise(result), self.outputs.options)
            if text:  # what is not started comes together in the summary
                typer.echo(text)

    def finish(self, report: Report) -> None:
        """Show what is still to show of a report, write it to files, remember its verdicts."""
        from d2l_kit.errors import KitError
        from d2l_kit.report.terminal import render_summary
        from d2l_kit.report.view import student_view
        from d2l_kit.workspace.state import remember_verdicts

        view = student_view(report)
        if self.outputs.for_people:
            typer.echo(render_summary(view, self.outputs.options))
        else:
            typer.echo(self.outputs.shown.format.render(view, self.outputs.options), nl=False)
        self.outputs.write_files(view)
        try:
            remember_verdicts(self.workspace, report, self.sources, datetime.now(UTC).isoformat(timespec="seconds"))
        except KitError as error:  # the verdict is shown; that it could not be kept must not hide it
            warn(error)


def check(
    names: SomeNames = None,
    workspace: InWorkspace = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and check again at every save.")] = False,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME[:FILE]",
            help="terminal, json, junit …; repeatable, with files.",
            show_default=False,
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

    found = open_workspace(workspace)
    course = load()
    chosen = select(found, course, names or ())
    exercises = chosen if names else found.started(chosen)
    if not exercises:
        raise UsageError(_NOTHING, "Begin with: d2l-kit start ch7")
    desk = Desk(
        found,
        exercises,
        with_required(course, exercises),
        outputs(formats or (), verbose=verbose, quiet=quiet),
    )
    if watch and not desk.outputs.for_people:
        name = desk.outputs.shown.format.name
        raise UsageError(_NO_WATCH.format(name=name), f"Give it a file, --format {name}:FILE, or leave --watch out.")

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
    if watch:
        report = watch_session(desk, course, chapters, options)
    else:
        report = run(chapters, exercises, desk.read(), options, desk.show_result)
        desk.finish(report)
    if report is not None and failed(report) and not exit_zero:
        raise typer.Exit(EXIT_CHECK_FAILED)


def failed(report: Report) -> bool:
    """Whether something is left to do for the student; what is only pending is not."""
    from d2l_kit.report.model import ExerciseStatus

    return any(e.status in (ExerciseStatus.FAILED, ExerciseStatus.NOT_STARTED) for e in report.exercises)
