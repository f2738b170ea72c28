"""One run over a class: from what came in to reports that are kept in the gradebook."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.gradebook.intake import Intake
from d2l_kit.gradebook.keeper import BookKeeper
from d2l_kit.gradebook.model import Student
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.grading.api import Executor, GradeOutcome, grade, kept_seed
from d2l_kit.grading.court import RunOptions
from d2l_kit.grading.store import ReportFolder
from d2l_kit.report.model import Report
from d2l_kit.workspace.files import explained

BOOK = "gradebook.sqlite"
REPORTS = "reports"


@dataclass(frozen=True)
class ClassRun:
    """What is to be done.

    Attributes:
        out: The folder of the gradebook, the reports and, without an assignment, the seed.
        what: The command line's essence, for the gradebook's list of runs.
        only: Submissions or students; empty for all.
        failed: Only those that did not earn everything last time.
        accept: Whether a regrade that moves points counts at once.
        demand_mark: Whether what is marked for another assignment is refused.
    """

    chapters: Sequence[Chapter]
    exercises: Sequence[Exercise]
    intake: Intake
    options: RunOptions
    out: Path
    what: str
    assignment: Assignment | None = None
    roster: Sequence[Student] = ()
    roster_file: Path | None = None
    only: Collection[str] = ()
    failed: bool = False
    accept: bool = False
    demand_mark: bool = True
    executor: Executor | None = None


@dataclass(frozen=True)
class ClassResult:
    """What came of it.

    Attributes:
        number: The run's, in the gradebook.
        reports: What stands for every submission that came in, whether graded now or before, on the scale of now.
        proposed: Submissions whose regrade waits for a decision.
    """

    number: int
    outcome: GradeOutcome
    reports: tuple[Report, ...]
    proposed: tuple[str, ...]


def grade_again(
    submissions: Iterable[str], *, classes: Sequence[Path] = (), assignment: Path | None = None, out: Path | None = None
) -> str:
    """The command line that grades these submissions once more, for people to copy."""
    folders = [shlex.quote(str(path)) for path in classes] or ["CLASS"]
    of = ["--assignment", shlex.quote(str(assignment))] if assignment else []
    into = ["--out", shlex.quote(str(out))] if out else []
    only = [part for name in submissions for part in ("--only", shlex.quote(name))]
    return " ".join(["d2l-kit grade", *folders, *of, *into, *only, "--force"])


def run_class(wanted: ClassRun, begin: Callable[[int], None], on_report: Callable[[Report], None]) -> ClassResult:
    """Grade, and keep each report as soon as it is there.

    Args:
        begin: Hears how many will be looked at, before the first is.

    Raises:
        UsageError: `only` names nobody.
        MachineError: The gradebook or the folder cannot be written.
    """
    name = wanted.assignment.name if wanted.assignment else ""
    with explained("cannot make", wanted.out):
        wanted.out.mkdir(mode=0o700, parents=True, exist_ok=True)  # for the instructor alone, as all that is in it
    folder = ReportFolder(wanted.out / REPORTS)
    options = wanted.options if wanted.options.seed else replace(wanted.options, seed=kept_seed(wanted.out))
    with Gradebook.open(wanted.out / BOOK, create=True) as book:
        chosen = wanted.intake.chosen(wanted.only, book.newest(name) if wanted.failed else None)
        begin(len(chosen))
        book.remember(wanted.assignment, name, wanted.exercises, wanted.roster, wanted.roster_file)
        number = book.begin_run(name, wanted.what)
        hand_ins = wanted.intake.hand_ins
        keeper = BookKeeper(book, folder, run=number, assignment=name, hand_ins=hand_ins, accept=wanted.accept)
        try:
            outcome = grade(
                wanted.chapters,
                wanted.exercises,
                chosen,
                options,
                keeper=keeper,
                students={submission: hand_in.student for submission, hand_in in hand_ins.items()},
                assignment=name,
                demand_mark=wanted.demand_mark,
                executor=wanted.executor,
                on_report=on_report,
            )
        finally:
            book.end_run(number)
        standing = (keeper.standing(entry.name) for entry in wanted.intake.entries)
        worth = {exercise.id: exercise.points for exercise in wanted.exercises}
        reports = tuple(report.worth(worth) for report in standing if report is not None)
        keeper.mend_files(reports)
    return ClassResult(number, outcome, reports, tuple(keeper.proposed))
