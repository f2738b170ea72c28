"""Pages that only look: the list of students, one student, a report beside its code, the class, the runs."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from d2l_kit.gradebook import diff
from d2l_kit.gradebook.class_run import BOOK, grade_again
from d2l_kit.gradebook.history import events, run_lines
from d2l_kit.gradebook.lateness import penalty
from d2l_kit.gradebook.model import Penalty, Standing, Stored, Student
from d2l_kit.gradebook.pages.class_page import TEMPLATE as CLASS_PAGE
from d2l_kit.gradebook.pages.class_page import ClassFigures, Person, class_figures, counted_reports
from d2l_kit.gradebook.pages.feedback import feedback
from d2l_kit.gradebook.serve.code import Code, find_code
from d2l_kit.gradebook.serve.desk import Desk, Missing, no_report
from d2l_kit.report.model import CheckResult, ExerciseResult, Status

DONE = {
    "adjusted": "The points are adjusted.",
    "withdrawn": "The adjustment is withdrawn; the history keeps it.",
    "commented": "The comment is kept; the student finds it in the feedback.",
    "excused": "The student is excused.",
    "unexcused": "The student is no longer excused.",
    "asked": "The regrade is asked for; the next grading of this submission answers it.",
    "accepted": "What the run proposed is accepted.",
    "rejected": "What the run proposed is rejected; what stood before stands.",
    "already": "That was sent twice and counts once.",
}
MARKS = ("missing", "late", "pending", "adjusted", "half")
MOST_COLUMNS = 4  # exercises with a column of their own in the list
_NO_RUN = "There is no such run of this assignment."
_SEE_RUNS = "The list of runs has them all."
_NO_VERDICT = frozenset({Status.PASSED, Status.NOT_RUN, Status.NOT_STARTED})


@dataclass(frozen=True)
class Attempt:
    """One stored report in the list of a student's attempts."""

    stored: Stored
    penalty: Penalty
    counts: bool


@dataclass(frozen=True)
class Beside:
    """One exercise: its checks, the failed ones first, and the code.

    Attributes:
        shares: Points of each check, by name.
    """

    result: ExerciseResult
    code: Code
    failed: tuple[CheckResult, ...]
    others: tuple[CheckResult, ...]
    shares: Mapping[str, Fraction]


def students(desk: Desk) -> str:
    """Everybody, or those who are looked for."""
    book = desk.book()
    of = class_figures(book, ())
    words, section, mark = (desk.query.get(name, "").strip() for name in ("q", "section", "show"))
    people = [each for each in of.people if _fits(each, words, section)]
    return desk.page(
        "serve/students.html.j2",
        of=of,
        book=book,
        people=[each for each in people if not mark or mark in each.marks],
        counts={each: sum(each in person.marks for person in people) for each in MARKS},
        found=len(people),
        words=words,
        section=section,
        mark=mark if mark in MARKS else "",
        sections=sorted({each.student.section for each in book.standings if each.student.section}),
        columns=[*book.exercises] if len(book.exercises) <= MOST_COLUMNS else [],
        asked=desk.store.asked(desk.name),
    )


def student(desk: Desk, typed: Mapping[str, str] | None = None, problems: Mapping[str, str] | None = None) -> str:
    """Where one student stands, what may be done about it, and all that happened.

    Args:
        typed: The fields of a form that could not be used, to be kept.
        problems: What is wrong with them.
    """
    book = desk.book()
    standing = desk.standing(book, (typed or desk.query).get("id", ""))
    assignment, id = desk.opened.assignment, standing.student.id
    every = desk.store.stored(desk.name, student=id)
    submissions = {stored.hand_in.submission for stored in every}
    order = [each.student.id for each in book.standings]
    place = order.index(id)
    return desk.page(
        "serve/student.html.j2",
        book=book,
        standing=standing,
        results={each.exercise: each for each in standing.counted.results} if standing.counted else {},
        titles=desk.titles(book),
        due=assignment.due_for(id) if assignment else None,
        share=_share(standing),
        attempts=[
            Attempt(stored, penalty(assignment, stored.hand_in), _is(stored, standing)) for stored in standing.attempts
        ],
        withdrawn=[each for each in desk.store.adjustments(desk.name, id) if each.withdrawn is not None],
        excuse=desk.store.excused(desk.name).get(id, ""),
        events=events(desk.store, desk.name, id, desk.zone),
        asked=[each for each in desk.store.asked(desk.name) if each.submission in submissions],
        command=_command(desk, standing),
        before=order[place - 1] if place else None,
        after=order[place + 1] if place + 1 < len(order) else None,
        form=secrets.token_urlsafe(12),
        typed=typed or {},
        problems=problems or {},
        done=DONE.get(desk.query.get("done", ""), ""),
    )


def report(desk: Desk) -> str:
    """One stored report, whole, beside the code that it was made of."""
    number = _number(desk.query.get("number", ""))
    stored = desk.store.find([number]).get(number)
    if stored is None or stored.id not in {each.id for each in desk.store.stored(desk.name, run=stored.run)}:
        raise no_report(number)
    book = desk.book()
    document = desk.store.report(number)
    found = find_code(desk.site.classes, desk.exercises(book), desk.name, stored)
    known = [standing for standing in book.standings if standing.student.id == stored.hand_in.student]
    return desk.page(
        "serve/report.html.j2",
        stored=stored,
        student=known[0].student if known else Student(stored.hand_in.student),
        known=bool(known),
        counts=bool(known) and _is(stored, known[0]),
        report=document,
        found=found,
        exercises=[_beside(result, found.of(result)) for result in document.exercises],
    )


def seen_by_student(desk: Desk) -> str:
    """The feedback as the student gets it now."""
    book = desk.book()
    standing = desk.standing(book, desk.query.get("id", ""))
    document = desk.store.report(standing.counted.id) if standing.counted else None
    told = feedback(book, standing, document, desk.opened.assignment, desk.now, desk.titles(book))
    return desk.page("feedback/feedback.html.j2", told=told)


def class_page(desk: Desk) -> str:
    """The class on one page."""
    book = desk.book()
    of: ClassFigures = class_figures(book, desk.store.checks(counted_reports(book)), desk.titles(book))
    return desk.page(CLASS_PAGE, of=of, with_people=True)


def runs(desk: Desk) -> str:
    """All runs, the last one first."""
    return desk.page("serve/runs.html.j2", lines=run_lines(desk.store, desk.name)[::-1])


def run(desk: Desk) -> str:
    """What a run changes or changed; where it waits, the decision."""
    number = _number(desk.query.get("number", ""))
    line = next((each for each in run_lines(desk.store, desk.name) if each.run.id == number), None)
    if line is None:
        raise Missing(_NO_RUN, _SEE_RUNS)
    return desk.page(
        "serve/run.html.j2",
        line=line,
        difference=diff.of_run(desk.store, desk.name, number),
        form=secrets.token_urlsafe(12),
        done=DONE.get(desk.query.get("done", ""), ""),
    )


def _fits(person: Person, words: str, section: str) -> bool:
    one = person.standing.student
    if section and one.section != section:
        return False
    counted = person.standing.counted
    texts = (
        one.id,
        one.name,
        one.email,
        one.section,
        *one.keys.values(),
        counted.hand_in.submission if counted else "",
    )
    text = _folded("\n".join(texts))
    return all(word in text for word in _folded(words).split())


def _folded(text: str) -> str:
    """Without case and accents: "jose" finds José."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def _share(standing: Standing) -> float:
    return min(float(100 * standing.score / standing.maximum), 100.0) if standing.maximum else 0.0


def _is(stored: Stored, standing: Standing) -> bool:
    return standing.counted is not None and standing.counted.id == stored.id


def _beside(result: ExerciseResult, code: Code) -> Beside:
    whole = sum((check.weight for check in result.checks), Fraction(0)) or Fraction(1)
    return Beside(
        result,
        code,
        tuple(check for check in result.checks if check.status not in _NO_VERDICT),
        tuple(check for check in result.checks if check.status in _NO_VERDICT),
        {check.name: result.points * check.weight / whole for check in result.checks},
    )


def _command(desk: Desk, standing: Standing) -> str:
    """What to run for a regrade."""
    if standing.counted is None:
        return ""
    assignment, book = desk.opened.assignment, desk.store.file
    return grade_again(
        [standing.counted.hand_in.submission],
        classes=desk.site.classes,
        assignment=assignment.path if assignment else None,
        out=book.parent if desk.site.gradebook and book is not None and book.name == BOOK else None,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
