"""What one student gets back: points and how they came about, comments, and the student's view of the report.

The page is made from `report.view.student_view`, so nothing of a hidden check but its title and how it ended can be in
it; the assignment's settings may take away that, too. What a student is told of a person's decision is the decision
and its reason, not whose account it was entered from.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from d2l_kit.assign.model import Assignment, Attempts, Shown
from d2l_kit.gradebook.model import Adjustment, ClassBook, Comment, Standing
from d2l_kit.report import page
from d2l_kit.report.model import Report
from d2l_kit.report.view import StudentExercise, StudentReport, student_view
from d2l_kit.workspace.files import explained, write_atomically

if TYPE_CHECKING:
    from jinja2 import Environment

STEM_LIMIT = 80  # characters of a file's name that are the id's own
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._@+-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # on Windows, whatever the suffix

_LATER = "How each of them ended is shown after your due date, {due}."
_NEVER = "This assignment does not show how each of them ended."
_RULE = {Attempts.LAST: "Your last attempt counts.", Attempts.BEST: "Your best attempt counts."}


class Format(StrEnum):
    """How feedback is written down."""

    HTML = "html"
    MARKDOWN = "markdown"

    @property
    def suffix(self) -> str:
        """Of a file, with the dot."""
        return ".html" if self is Format.HTML else ".md"


@dataclass(frozen=True)
class Unlisted:
    """Checks of an exercise that count and are not listed: their sum, so that a student can add the points up.

    Attributes:
        why: Why they are not listed, or when they will be.
    """

    checks: int
    points: Fraction
    earned: Fraction
    pending: Fraction
    why: str


@dataclass(frozen=True)
class ExerciseFeedback:
    """One exercise of the assignment, as far as its student may see it.

    Attributes:
        view: Out of the points that the exercise is worth here; None: nothing of it was handed in.
        earned: Of its checks; those that are not listed count.
        pending: Likewise.
        unlisted: What stands in place of checks that are not listed.
    """

    id: str
    title: str
    points: int
    earned: Fraction
    pending: Fraction = Fraction(0)
    view: StudentExercise | None = None
    adjustments: tuple[Adjustment, ...] = ()
    comments: tuple[Comment, ...] = ()
    unlisted: Unlisted | None = None

    @property
    def total(self) -> Fraction:
        """With what people gave and took for it."""
        return self.earned + sum((each.points for each in self.adjustments), Fraction(0))

    @property
    def anchor(self) -> str:
        """What links within the page go to."""
        return self.id.replace("/", "-")


@dataclass(frozen=True)
class Feedback:
    """Everything that one student's page says.

    Attributes:
        report: The student's view of the attempt that counts, without its exercises; None: there is none.
        due: The student's own.
        extended: Whether that is later than everybody's.
        zone: That times are said in.
        rule: Which attempt counts, where there are several.
    """

    assignment: str
    title: str
    standing: Standing
    exercises: tuple[ExerciseFeedback, ...]
    adjustments: tuple[Adjustment, ...]
    comments: tuple[Comment, ...]
    report: StudentReport | None = None
    due: datetime | None = None
    extended: bool = False
    zone: str = "UTC"
    rule: str = ""

    @property
    def share(self) -> float:
        """The score in percent of the maximum, for a bar."""
        whole = self.standing.maximum
        return min(float(100 * self.standing.score / whole), 100.0) if whole else 0.0


def feedback(
    book: ClassBook,
    standing: Standing,
    report: Report | None,
    assignment: Assignment | None,
    now: datetime,
    titles: Mapping[str, str] | None = None,
) -> Feedback:
    """What the student of `standing` is told.

    Args:
        report: That of the attempt that counts.
        assignment: None: everything that a student may see is shown.
        now: For what is shown after the due date only.
        titles: Of exercises, by id, for those that were not handed in.
    """
    student = standing.student.id
    due = None if assignment is None else assignment.due_for(student)
    shows_diagnoses = assignment is None or is_shown(assignment.diagnoses, due, now)
    view = None if report is None else student_view(report, show_diagnosis=shows_diagnoses)
    zone = "UTC" if assignment is None else assignment.zone
    why = ""
    if assignment is not None and not is_shown(assignment.hidden_checks, due, now):
        why = _NEVER
        if assignment.hidden_checks is Shown.AFTER_DUE and due is not None:
            why = _LATER.format(due=page.moment(due, zone))
    by_id = {} if view is None else {exercise.id: exercise for exercise in view.exercises}
    several = assignment is not None and len(standing.attempts) > 1
    return Feedback(
        assignment=book.assignment,
        title=book.title or book.assignment or "Feedback",
        standing=standing,
        exercises=tuple(
            _exercise(id, (titles or {}).get(id, id), points, standing, by_id.get(id), why)
            for id, points in book.exercises.items()
        ),
        adjustments=tuple(each for each in standing.adjustments if each.exercise not in book.exercises),
        comments=tuple(each for each in standing.comments if each.exercise not in book.exercises),
        report=None if view is None else replace(view, exercises=()),
        due=due,
        extended=assignment is not None and due != assignment.due,
        zone=zone,
        rule=_RULE[assignment.attempts] if assignment is not None and several else "",
    )


def is_shown(when: Shown, due: datetime | None, now: datetime) -> bool:
    """Whether something with that setting is shown to a student whose work is due then."""
    if when is Shown.AFTER_DUE:
        return due is None or now >= due
    return when is Shown.ALWAYS


def render(told: Feedback, format: Format, pages: Environment, templates: Path | None = None) -> str:
    """The whole page.

    Args:
        pages: The environment of that format, see `environment`.
        templates: A folder of one's own templates, as given there.
    """
    name = "feedback/feedback.html.j2" if format is Format.HTML else "feedback/feedback.md.j2"
    return page.render(pages, name, templates, told=told)


def environment(format: Format, templates: Path | None = None) -> Environment:
    """What pages of that format are rendered with; made once for a class."""
    return page.html_pages(templates) if format is Format.HTML else page.markdown_pages(templates)


def write_feedback(
    told: Iterable[Feedback],
    folder: Path,
    formats: Sequence[Format],
    names: Mapping[str, str],
    templates: Path | None = None,
) -> int:
    """Write a file for each student and format, for the owner's eyes only; how many students there were.

    Args:
        told: What each student is told; may be made one after the other.
        names: The file's stem by student, see `stems`.

    Raises:
        UsageError: Something cannot be written, or a template of one's own is at fault.
        MachineError: The disk is full.
    """
    with explained("cannot make", folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environments = {format: environment(format, templates) for format in formats}
    number = 0
    for one in told:
        number += 1
        for format, pages in environments.items():
            path = folder / f"{names[one.standing.student.id]}{format.suffix}"
            text = render(one, format, pages, templates)
            with explained("cannot write", path):
                write_atomically(path, text.encode("utf-8", "backslashreplace"), private=True)
    return number


def tell(
    book: ClassBook,
    standings: Iterable[Standing],
    report_of: Callable[[int], Report],
    assignment: Assignment | None,
    now: datetime,
    titles: Mapping[str, str] | None = None,
) -> Iterator[Feedback]:
    """The feedback of each of `standings`, one after the other; `report_of` gives a stored report by its id."""
    for standing in standings:
        report = None if standing.counted is None else report_of(standing.counted.id)
        yield feedback(book, standing, report, assignment, now, titles)


def stems(students: Iterable[str]) -> dict[str, str]:
    """A name for each student's file: the id where it is a safe name, else what is left of it and a digest.

    Two ids never have one name, also where the file system takes "ada" and "Ada" for the same.
    """
    ids = [*students]
    twice = {folded for folded, number in Counter(id.casefold() for id in ids).items() if number > 1}
    return {id: _stem(id, distinct=id.casefold() not in twice) for id in ids}


def _stem(id: str, *, distinct: bool) -> str:
    safe = _NOT_IN_A_NAME.sub("_", id).strip("._")[:STEM_LIMIT]
    if safe and safe == id and distinct and not _RESERVED.fullmatch(id):
        return id
    digest = hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{safe}-{digest}" if safe and not _RESERVED.fullmatch(safe) else f"student-{digest}"


def _exercise(
    id: str, title: str, points: int, standing: Standing, graded: StudentExercise | None, why_unlisted: str
) -> ExerciseFeedback:
    view = None if graded is None else _worth(graded, points)
    unlisted = None
    pending = Fraction(0) if view is None else view.pending
    if view is not None and why_unlisted:
        view, unlisted = _without_hidden(view, why_unlisted)
    return ExerciseFeedback(
        id=id,
        title=title if view is None else view.title or title,
        points=points,
        earned=standing.automatic.get(id, Fraction(0)),
        pending=pending,
        view=view,
        adjustments=tuple(each for each in standing.adjustments if each.exercise == id),
        comments=tuple(each for each in standing.comments if each.exercise == id),
        unlisted=unlisted,
    )


def _worth(view: StudentExercise, points: int) -> StudentExercise:
    """The same, out of so many points: those of the assignment may have changed since it was graded."""
    if view.points in (points, 0):
        return view
    factor = Fraction(points, view.points)
    checks = tuple(replace(check, points=check.points * factor) for check in view.checks)
    return replace(view, points=points, checks=checks)


def _without_hidden(view: StudentExercise, why: str) -> tuple[StudentExercise, Unlisted | None]:
    hidden = tuple(check for check in view.checks if check.hidden)
    if not hidden:
        return view, None
    rest = replace(view, checks=hidden)  # for its sums
    unlisted = Unlisted(len(hidden), sum((c.points for c in hidden), Fraction(0)), rest.earned, rest.pending, why)
    return replace(view, checks=tuple(check for check in view.checks if not check.hidden)), unlisted
