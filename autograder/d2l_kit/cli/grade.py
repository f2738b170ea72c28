"""`d2l-kit grade`: grade a class."""

from __future__ import annotations

import shlex
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._completion import listed_names, report_format_names
from d2l_kit.cli._options import DemandedLevel, Device, OnDevice, Seed
from d2l_kit.cli._terminal import chapters_of, note
from d2l_kit.cli._terminal import course as load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2l_kit.assign.model import Assignment
    from d2l_kit.catalog import Course, Exercise
    from d2l_kit.gradebook.intake import Intake
    from d2l_kit.gradebook.model import Student
    from d2l_kit.grading.api import Executor
    from d2l_kit.grading.meter import Meter

_NO_HIDDEN = "Hidden checks are not installed here for {names}: grades would rest on public checks alone."
_NO_HIDDEN_REMEDY = "Install the instructor's wheel (d2l-kit-instructor), or give --public-only."
_NOBODY = "There is no submission in {paths}."
_BOTH = "--assignment and --exercises say the same thing twice."
_BOTH_REMEDY = "Leave --exercises out: the assignment lists them."
_KEPT = "{count} kept from an earlier run, as nothing has changed; -f grades them again."
_INTERRUPTED = "interrupted: {done} of {total} graded and kept in {book}; the same command goes on from there."
_PROPOSED = (
    "{count} graded again with other points than those that stand: nothing is changed before you decide.\n"
    "  d2l-kit gradebook diff {run}{where}      who moves, and why\n"
    "  d2l-kit gradebook accept {run}{where}    or: reject"
)
_MEMORY = (
    "memory: {peak:.2f} GiB seen at the peak, of grader and workers together ({how}); "
    "{jobs} at once may take {allowed:.2f} GiB"
)
_PSS = "pages that several share counted once; polled"
_RSS = "where the system hides what is shared, it is counted more than once; polled"
_GIB = 1 << 30
_NAMES_SHOWN = 3


class Where(StrEnum):
    """What grades: the executors."""

    LOCAL = "local"
    RAY = "ray"


def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Class folders, or submissions: folder, .py, .ipynb, .zip, .tar.gz; a platform's download.",
            show_default=False,
        ),
    ],
    assignment: Annotated[
        Path | None,
        typer.Option(
            "--assignment",
            metavar="FILE",
            help="assignment.toml, or the folder it lies in: exercises, points, seed, rules.",
            show_default=False,
        ),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--exercises",
            metavar="NAMES",
            help="Instead of an assignment: ch7, ch07/corr2d,ch8 …; repeatable. All by default.",
            show_default=False,
            autocompletion=listed_names,
        ),
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster", metavar="CSV", help="Who is in the class: id, name, email, section.", show_default=False
        ),
    ] = None,
    times: Annotated[
        Path | None,
        typer.Option(
            "--times",
            metavar="CSV",
            help="When each was handed in, where the download does not say: submission or student, handed_in.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Where gradebook, reports and grades.csv go.")
    ] = Path("graded"),
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="NAME",
            help="Grade these submissions or students, and leave the others as they are; repeatable.",
            show_default=False,
        ),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Grade again only what did not earn everything last time.")
    ] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Grade again what is graded already.")] = False,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Accept a regrade that moves points at once, instead of proposing it."),
    ] = False,
    any_mark: Annotated[
        bool, typer.Option("--any-mark", help="Grade also what is marked for another assignment.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--jobs",
            min=1,
            help="Submissions graded at once; as many as there are cores (and memory) for by default.",
            show_default=False,
        ),
    ] = None,
    executor: Annotated[Where, typer.Option("--executor", help="Grade on this machine, or on a Ray cluster.")] = (
        Where.LOCAL
    ),
    address: Annotated[
        str,
        typer.Option(
            "--address", metavar="ADDRESS", help="Of the Ray cluster; by default one is started.", show_default=False
        ),
    ] = "",
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
            autocompletion=report_format_names,
        ),
    ] = None,
    public_only: Annotated[bool, typer.Option("--public-only", help="Grade without hidden checks.")] = False,
) -> None:
    """Grade a class: each entry of a class folder is one submission.

    Writes DIR/gradebook.sqlite, DIR/reports/SUBMISSION.json and DIR/grades.csv; run again, it goes on where it stopped
    and keeps what has not changed. Exit code 0: everything was graded.
    """
    from d2l_kit.cli._class import Progress
    from d2l_kit.cli._machine import affordable_jobs, memory_allowed
    from d2l_kit.cli._reports import attempted, class_files, class_writes, demand_room, terminal_options
    from d2l_kit.errors import EXIT_GRADER, EXIT_USAGE
    from d2l_kit.gradebook.class_run import BOOK, REPORTS, ClassRun, run_class
    from d2l_kit.gradebook.grades import GRADES, write_grades
    from d2l_kit.grading.court import RunOptions
    from d2l_kit.grading.meter import metered
    from d2l_kit.report.class_table import class_table

    course = load()
    task, exercises = _task(course, assignment, names)
    if not public_only:
        _demand_hidden_checks(exercises)
    wanted = class_files(formats or ())
    roster_file = roster or (task.roster if task else None)
    intake, students = _come_in(paths, exercises, roster_file, times, task)
    demand_room(wanted, len(intake.entries))
    progress = Progress()
    at_once = jobs or affordable_jobs(exercises)
    try:
        with metered() as memory:
            result = run_class(
                ClassRun(
                    chapters=chapters_of(course, exercises),
                    exercises=exercises,
                    intake=intake,
                    options=RunOptions(
                        level=confinement.value if confinement else task.confinement if task else "",
                        allow_weaker=allow_weaker,
                        device=device.value,
                        jobs=at_once,
                        seed=seed or (task.seed if task else ""),
                        time_factor=task.time_factor if task else 1.0,
                        hidden=not public_only,
                        force=force or failed,
                    ),
                    out=out,
                    what=" ".join(["grade", *map(str, paths)]),
                    assignment=task,
                    roster=students,
                    roster_file=roster_file,
                    only=only or (),
                    failed=failed,
                    accept=accept,
                    demand_mark=not any_mark,
                    executor=_executor(executor, address, jobs or 0),
                ),
                progress.begin,
                progress.tell,
            )
    except KeyboardInterrupt:
        note(_INTERRUPTED.format(done=progress.done, total=progress.total, book=out / BOOK))
        raise
    finally:
        progress.end()
    if result.outcome.kept:
        note(_KEPT.format(count=len(result.outcome.kept)))
    points = {exercise.id: exercise.points for exercise in exercises}
    grades = partial(write_grades, out, points, result.reports)
    unwritten = attempted([grades, *class_writes(wanted, result.reports)])
    typer.echo(class_table(result.reports, terminal_options()))
    if result.proposed:
        where = "" if str(out) == "graded" else f" --gradebook {shlex.quote(str(out / BOOK))}"
        note(_PROPOSED.format(count=len(result.proposed), run=result.number, where=where))
    for problem in result.outcome.problems:
        note(f"could not grade: {problem}")
    counted = f"{len(result.reports)} of {len(intake.entries) + len(intake.refused)} graded"
    typer.echo(f"{counted}; see {out / GRADES} and {out / REPORTS}", err=True)
    if memory.peak and executor is Where.LOCAL:
        typer.echo(_memory(memory, at_once, memory_allowed(at_once, exercises)), err=True)
    if result.outcome.problems:
        raise typer.Exit(EXIT_GRADER)
    if unwritten:
        raise typer.Exit(unwritten[0].exit_code)
    if intake.refused:
        raise typer.Exit(EXIT_USAGE)


def _memory(memory: Meter, jobs: int, allowed: int) -> str:
    how = _PSS if memory.exact else _RSS
    return _MEMORY.format(peak=memory.peak / _GIB, how=how, jobs=jobs, allowed=allowed / _GIB)


def _task(
    course: Course, file: Path | None, names: Sequence[str] | None
) -> tuple[Assignment | None, tuple[Exercise, ...]]:
    """The assignment, if one is named, and the exercises to grade."""
    from d2l_kit.errors import UsageError

    if file is None:
        return None, course.select(part for name in names or () for part in name.split(",") if part.strip())
    if names:
        raise UsageError(_BOTH, _BOTH_REMEDY)
    from d2l_kit.assign.reader import read_assignment

    task = read_assignment(file, course)
    return task, task.exercises_of(course)


def _come_in(
    paths: Sequence[Path],
    exercises: Sequence[Exercise],
    roster: Path | None,
    times: Path | None,
    task: Assignment | None,
) -> tuple[Intake, tuple[Student, ...]]:
    """What came in and who is in the class; what is odd about it is said on stderr."""
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.intake import take_in
    from d2l_kit.gradebook.roster import read_roster
    from d2l_kit.gradebook.times import Times, read_times
    from d2l_kit.submission import list_class

    entries, ignored = list_class(paths, exercises, task.name if task else "")
    students = read_roster(roster) if roster else ()
    told = read_times(times, task.zone if task else None) if times else Times()
    intake = take_in(entries, students, told, task)
    for text in (*ignored, *intake.notes, *(f"not graded: {why}" for why in intake.refused)):
        note(text)
    if not intake.entries:
        raise UsageError(_NOBODY.format(paths=", ".join(map(str, paths))), "Name a class folder or submissions.")
    return intake, students


def _executor(where: Where, address: str, jobs: int) -> Executor | None:
    if where is Where.LOCAL:
        return None
    from d2l_kit.executors.ray_ import on_ray

    return on_ray(address, jobs)


def _demand_hidden_checks(exercises: Sequence[Exercise]) -> None:
    from d2l_kit.errors import UsageError

    without = [exercise.id for exercise in exercises if exercise.files.hidden_checks is None]
    if without:
        shown = ", ".join(without[:_NAMES_SHOWN]) + (" …" if len(without) > _NAMES_SHOWN else "")
        raise UsageError(_NO_HIDDEN.format(names=shown), _NO_HIDDEN_REMEDY)
