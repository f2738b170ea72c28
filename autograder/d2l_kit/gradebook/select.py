"""Which students of a class are meant: one that is named, or those that filters choose."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from d2l_kit.errors import UsageError
from d2l_kit.gradebook.model import ClassBook, Standing, Student
from d2l_kit.gradebook.roster import has_name
from d2l_kit.report.text import listed

_NUMBER = re.compile(r"[+-]?\d{1,9}(?:[.,]\d{1,9}|/\d{1,9})?", re.ASCII)  # no exponents: 1e999999999 takes minutes
_HERE = "this class"
_NO_STUDENT = "There is no student {name!r} in {assignment}{near}."
_NO_STUDENT_REMEDY = "`d2l-kit gradebook show` lists them; a student is named by id, name or e-mail address."
_STRANGER = "{name!r} is a submission that belongs to nobody on the class list of {assignment}."
_STRANGER_REMEDY = (
    "Put its author into the class list, or give it a student's id as its name, and grade again;"
    " what was found is in `d2l-kit gradebook history NAME`."
)
_AMBIGUOUS = "{name!r} fits several students: {ids}."
_AMBIGUOUS_REMEDY = "Name one of them by id."
_NO_SECTION = "There is no section {name!r} in {assignment}; {there}."
_SECTIONS = "it has {names}"
_NO_SECTIONS = "its class list names no sections"
_NO_SECTION_REMEDY = "The class list's column `section` says who is in which."
_NO_BOUND = "{text!r} is no number of points."
_NO_BOUND_REMEDY = "Write --below 12, --below 7.5 or, of the maximum, --below 50%."


@dataclass(frozen=True)
class Selection:
    """Filters; a student is shown who passes all that are set.

    Attributes:
        exercise: Its full name; only this one is shown, and `below` is about it.
        below: Fewer points than this ("12"), or than this share of the maximum ("50%").
    """

    section: str = ""
    exercise: str = ""
    below: str = ""
    late: bool = False
    missing: bool = False
    pending: bool = False


def find_student(book: ClassBook, name: str) -> Standing:
    """A student by id, else by name, e-mail address or a key of another system, however they are typed.

    Raises:
        UsageError: Nobody or several fit.
    """
    for fits in (_has_id, _is_called, has_name):
        found = [standing for standing in book.standings if fits(standing.student, name)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = listed([standing.student.id for standing in found])
            raise UsageError(_AMBIGUOUS.format(name=name, ids=ids), _AMBIGUOUS_REMEDY)
    assignment = book.assignment or _HERE
    if _folded(name) in map(_folded, book.strangers):
        raise UsageError(_STRANGER.format(name=name, assignment=assignment), _STRANGER_REMEDY)
    known = [text for each in book.standings for text in (each.student.id, each.student.name) if text]
    text = _NO_STUDENT.format(name=name, assignment=assignment, near=near(name, known))
    raise UsageError(text, _NO_STUDENT_REMEDY)


def near(name: str, known: Iterable[str]) -> str:
    """For a message: the known name that looks most like a wrong one; "" if none does."""
    by_folded = {_folded(each): each for each in known}
    found = difflib.get_close_matches(_folded(name), by_folded, n=1)
    return f" (did you mean {by_folded[found[0]]!r}?)" if found else ""


def select(book: ClassBook, wanted: Selection) -> ClassBook:
    """The same class with the students and exercises that are wanted.

    Raises:
        UsageError: `below` is no number, or nobody is in that section.
    """
    exercises = book.exercises
    if wanted.exercise:
        exercises = {wanted.exercise: exercises[wanted.exercise]}
    maximum = sum(exercises.values())
    tests: list[Callable[[Standing], bool]] = []
    if wanted.section:
        section = _section(book, wanted.section)
        tests.append(lambda standing: _folded(standing.student.section) == section)
    if wanted.below:
        bound = _bound(wanted.below, maximum)
        tests.append(lambda standing: _points(standing, wanted.exercise) < bound)
    if wanted.late:
        tests.append(is_late)
    if wanted.missing:
        tests.append(is_missing)
    if wanted.pending:
        tests.append(lambda standing: bool(standing.pending))
    kept = tuple(standing for standing in book.standings if all(test(standing) for test in tests))
    return replace(book, exercises=exercises, standings=kept)


def is_late(standing: Standing) -> bool:
    """Whether what counts came after the student's own due date, grace or not."""
    return standing.handed_in and standing.penalty.late is not None and standing.penalty.late > timedelta()


def is_missing(standing: Standing) -> bool:
    """Whether something is expected and not there."""
    return not standing.handed_in and not standing.excused


def exact(text: str) -> Fraction:
    """A number of points as people write it: 12, -1.5, 1,5 or 7/3; a minus may be as pages print it.

    Raises:
        ValueError: It is none.
        ZeroDivisionError: It divides by zero.
    """
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(text)
    return Fraction(plain.replace(",", "."))


def _section(book: ClassBook, name: str) -> str:
    """The section as it is compared."""
    there = {_folded(each.student.section): each.student.section for each in book.standings if each.student.section}
    if (section := _folded(name)) in there:
        return section
    told = _SECTIONS.format(names=", ".join(sorted(there.values()))) if there else _NO_SECTIONS
    text = _NO_SECTION.format(assignment=book.assignment or _HERE, name=name, there=told)
    raise UsageError(text, _NO_SECTION_REMEDY)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()


def _has_id(student: Student, name: str) -> bool:
    return student.id == name


def _is_called(student: Student, name: str) -> bool:
    texts = (student.id, student.name, student.email, *student.keys.values())
    return _folded(name) in {_folded(text) for text in texts if text}


def _points(standing: Standing, exercise: str) -> Fraction:
    return standing.points_of(exercise) if exercise else standing.score


def _bound(text: str, maximum: int) -> Fraction:
    try:
        bound = exact(text.strip().removesuffix("%"))
    except (ValueError, ZeroDivisionError):
        raise UsageError(_NO_BOUND.format(text=text), _NO_BOUND_REMEDY) from None
    return bound * maximum / 100 if text.strip().endswith("%") else bound
