"""What a form changes. Each act answers with the address to go on with, or raises `BadInput` and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from d2l_kit.gradebook import decisions
from d2l_kit.gradebook.model import ClassBook, Standing, State
from d2l_kit.gradebook.serve.desk import Desk, address
from d2l_kit.gradebook.serve.fields import COMMENT_LIMIT, BadInput, Form
from d2l_kit.gradebook.store import Gradebook

_NO_REASON = "Say why: the student reads it."
_NO_EXCUSE = "Say why: the gradebook keeps it."
_NO_COMMENT = "Write something for the student."
_NO_NOTE = "Say why: whoever grades again reads it."
_NO_EXERCISE = "Choose the whole assignment or one of its exercises."
_MOVED = "The checks' points changed while this page was open. Look at them as they are now, then send this again."
_NO_OTHERS = "That adjustment is not this student's, or is withdrawn already."
_NO_WORK = "There is no submission of this student that could be graded again."
_DECIDED = "Nothing of that run waits for a decision any more."


def adjust(desk: Desk, form: Form) -> str:
    """Give or take points."""
    book, standing = _whom(desk, form)
    points = form.points("points")
    reason = form.text("reason", _NO_REASON)
    exercise = _exercise(form, book)
    form.demand()
    basis = standing.counted.id if standing.counted else 0
    if form.number("basis") != basis:
        raise BadInput({"": _MOVED})
    desk.store.adjust(desk.name, standing.student.id, exercise, points, reason, desk.site.who, basis)
    return _back(standing, "adjusted")


def withdraw(desk: Desk, form: Form) -> str:
    """Take an adjustment of this student back."""
    _, standing = _whom(desk, form)
    number = form.number("adjustment")
    if number not in {each.id for each in standing.adjustments}:
        raise BadInput({"": _NO_OTHERS})
    desk.store.withdraw(number, desk.site.who)
    return _back(standing, "withdrawn")


def comment(desk: Desk, form: Form) -> str:
    """Say something to the student."""
    book, standing = _whom(desk, form)
    text = form.text("text", _NO_COMMENT, COMMENT_LIMIT)
    exercise = _exercise(form, book)
    form.demand()
    desk.store.comment(desk.name, standing.student.id, exercise, text, desk.site.who)
    return _back(standing, "commented")


def excuse(desk: Desk, form: Form) -> str:
    """The student need not hand in."""
    _, standing = _whom(desk, form)
    reason = form.text("excuse", _NO_EXCUSE)
    form.demand()
    desk.store.excuse(desk.name, standing.student.id, reason, desk.site.who)
    return _back(standing, "excused")


def unexcuse(desk: Desk, form: Form) -> str:
    """The student must hand in after all."""
    _, standing = _whom(desk, form)
    desk.store.excuse(desk.name, standing.student.id, "", desk.site.who, excused=False)
    return _back(standing, "unexcused")


def regrade(desk: Desk, form: Form) -> str:
    """Ask for what counts to be graded again."""
    _, standing = _whom(desk, form)
    note = form.text("note", _NO_NOTE)
    form.demand()
    if standing.counted is None:
        raise BadInput({"": _NO_WORK})
    desk.store.ask_regrade(desk.name, standing.counted.hand_in.submission, desk.site.who, note)
    return _back(standing, "asked")


def accept(desk: Desk, form: Form) -> str:
    """What a run proposed counts from now on."""
    return _decide(desk, form, decisions.accept, "accepted")


def reject(desk: Desk, form: Form) -> str:
    """What a run proposed will never count."""
    return _decide(desk, form, decisions.reject, "rejected")


def _decide(desk: Desk, form: Form, decision: Callable[[Gradebook, int, str], int], done: str) -> str:
    number = form.number("run")
    waiting = {stored.id for stored in desk.store.stored(desk.name, run=number) if stored.state is State.PROPOSED}
    if not waiting or not decision(desk.store, number, desk.site.who):
        raise BadInput({"": _DECIDED})
    return address("/run", number=number, done=done)


def _whom(desk: Desk, form: Form) -> tuple[ClassBook, Standing]:
    book = desk.book()
    return book, desk.standing(book, form.typed.get("id", ""))


def _exercise(form: Form, book: ClassBook) -> str:
    return form.one_of("exercise", {"": None, **book.exercises}, _NO_EXERCISE)


def _back(standing: Standing, done: str) -> str:
    return address("/student", id=standing.student.id, done=done)
