"""`d2l-kit gradebook regrade`: ask for submissions to be graded again, or list what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._gradebook import DEFAULT_GRADEBOOK, By, InGradebook, OfAssignment, opened, who

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from d2l_kit.cli._gradebook import Opened
    from d2l_kit.gradebook.model import RegradeRequest

_NONE_OPEN = "Nobody waits for a regrade."
_COMMAND = "To grade again: {command}"
_NOTHING_THERE = "{id} has handed in nothing that could be graded again."


def regrade(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Submissions or students; without one, open requests.", show_default=False
        ),
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept in the history.")] = "",
    by: By = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
) -> None:
    """Ask for a regrade, or list who waits for one. The submission's next grading answers it."""
    with opened(gradebook, assignment) as found:
        wanted = [_submission(found, name) for name in names or ()]
        for submission in dict.fromkeys(wanted):
            found.store.ask_regrade(found.name, submission, who(by), note.strip())
        waiting = found.store.asked(found.name)
        file = found.assignment.path if found.assignment else None
        book = found.store.file
    if not waiting:
        typer.echo(_NONE_OPEN)
        return
    for each in waiting:
        typer.echo(_line(each))
    typer.echo(_COMMAND.format(command=_command(waiting, file, book)))


def _submission(found: Opened, name: str) -> str:
    """A submission by its name, else the one that counts of a student."""
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.select import find_student

    if name in found.store.newest(found.name):
        return name
    standing = find_student(found.book(), name)
    if standing.counted is None:
        raise UsageError(_NOTHING_THERE.format(id=standing.student.id), "`d2l-kit gradebook show` lists who did.")
    return standing.counted.hand_in.submission


def _line(request: RegradeRequest) -> str:
    from d2l_kit.report.text import one_line

    told = f": {one_line(request.note)}" if request.note else ""
    return f"{one_line(request.submission)}, asked by {one_line(request.who)} on {request.at:%Y-%m-%d}{told}"


def _command(waiting: Sequence[RegradeRequest], file: Path | None, book: Path | None) -> str:
    from d2l_kit.gradebook.class_run import BOOK, grade_again
    from d2l_kit.report.text import one_line

    names = dict.fromkeys(one_line(each.submission) for each in waiting)
    elsewhere = book is not None and book.name == BOOK and str(book) != DEFAULT_GRADEBOOK
    return grade_again(names, assignment=file, out=book.parent if book and elsewhere else None)
