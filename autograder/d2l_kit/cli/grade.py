"""`d2l-kit grade`: grade a class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._options import DemandedLevel, Device, OnDevice, Seed
from d2l_kit.cli._terminal import chapters_of, note
from d2l_kit.cli._terminal import course as load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2l_kit.catalog import Exercise

_NO_HIDDEN = "Hidden checks are not installed here for {names}: grades would rest on public checks alone."
_NO_HIDDEN_REMEDY = "Install the instructor's wheel (d2l-kit-instructor), or give --public-only."
_NOBODY = "There is no submission in {paths}."
_KEPT = "{count} kept from an earlier run, as nothing has changed; -f grades them again."
_INTERRUPTED = "interrupted: {done} of {total} graded and kept in {reports}; the same command goes on from there."
_NAMES_SHOWN = 3


def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Class folders, or submissions: folder, .py, .ipynb, .zip, .tar.gz.",
            show_default=False,
        ),
    ],
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--exercises",
            metavar="NAMES",
            help="ch7, ch07/corr2d,ch8 …; repeatable. All by default.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where reports and grades.csv go.")] = Path(
        "graded"
    ),
    jobs: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--jobs",
            min=1,
            help="Submissions graded at once; as many as there are cores by default.",
            show_default=False,
        ),
    ] = None,
    device: OnDevice = Device.AUTO,
    confinement: DemandedLevel = None,
    allow_weaker: Annotated[
        bool,
        typer.Option("--allow-weaker", help="Grade at the best level there is if that one cannot be had."),
    ] = False,
    seed: Seed = "",
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME:FILE",
            help="Also write the class in this format, such as junit:class.xml.",
            show_default=False,
        ),
    ] = None,
    public_only: Annotated[bool, typer.Option("--public-only", help="Grade without hidden checks.")] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Grade again what is graded already.")] = False,
) -> None:
    """Grade a class: each entry of a class folder is one submission.

    Writes DIR/reports/SUBMISSION.json and DIR/grades.csv; run again, it goes on where it stopped and keeps
    what has not changed. Exit code 0: everything was graded.
    """
    from d2l_kit.cli._class import GRADES, REPORTS, Progress, write_grades
    from d2l_kit.cli._machine import usable_cores
    from d2l_kit.cli._reports import class_files, terminal_options, write_class
    from d2l_kit.errors import EXIT_GRADER, UsageError
    from d2l_kit.submission import list_class

    course = load()
    exercises = course.select(part for name in names or () for part in name.split(",") if part.strip())
    if not public_only:
        _demand_hidden_checks(exercises)
    wanted = class_files(formats or ())
    entries, ignored = list_class(paths, exercises)
    for text in ignored:
        note(text)
    if not entries:
        raise UsageError(_NOBODY.format(paths=", ".join(map(str, paths))), "Name a class folder or submissions.")

    from d2l_kit.grading.api import RunOptions
    from d2l_kit.grading.api import grade as run
    from d2l_kit.report.class_table import class_table

    options = RunOptions(
        level=confinement.value if confinement else "",
        allow_weaker=allow_weaker,
        device=device.value,
        jobs=jobs or usable_cores(),
        seed=seed,
        hidden=not public_only,
        force=force,
    )
    progress = Progress(len(entries))
    try:
        outcome = run(chapters_of(course, exercises), exercises, entries, options, out=out, on_report=progress.tell)
    except KeyboardInterrupt:
        progress.end()
        note(_INTERRUPTED.format(done=progress.done, total=len(entries), reports=out / REPORTS))
        raise
    progress.end()
    if outcome.kept:
        note(_KEPT.format(count=len(outcome.kept)))
    write_grades(out, exercises, outcome.reports)
    write_class(wanted, outcome.reports)
    typer.echo(class_table(outcome.reports, terminal_options()))
    for problem in outcome.problems:
        note(f"could not grade: {problem}")
    typer.echo(f"{len(outcome.reports)} of {len(entries)} graded; see {out / GRADES} and {out / REPORTS}", err=True)
    if outcome.problems:
        raise typer.Exit(EXIT_GRADER)


def _demand_hidden_checks(exercises: Sequence[Exercise]) -> None:
    from d2l_kit.errors import UsageError

    without = [exercise.id for exercise in exercises if exercise.files.hidden_checks is None]
    if without:
        shown = ", ".join(without[:_NAMES_SHOWN]) + (" …" if len(without) > _NAMES_SHOWN else "")
        raise UsageError(_NO_HIDDEN.format(names=shown), _NO_HIDDEN_REMEDY)
