"""`d2l-kit gradebook feedback`: a page for each student, to be handed back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._gradebook import InGradebook, OfAssignment, opened
from d2l_kit.cli._pages import Now, Templates, moment_of, titles_of

if TYPE_CHECKING:
    from d2l_kit.gradebook.pages.feedback import Format

DEFAULT_FOLDER = Path("graded/feedback")
_NO_FORMAT = "--format {text}: there is no such format of feedback."
_NO_FORMAT_REMEDY = "There are html and markdown; several with a comma: --format html,markdown"


def feedback(
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where to.")] = DEFAULT_FOLDER,
    students: Annotated[
        list[str] | None,
        typer.Option("--student", metavar="STUDENT", help="Only this one; repeatable.", show_default=False),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", metavar="NAMES", help="html, markdown, or both with a comma.")
    ] = "html",
    templates: Templates = None,
    now: Now = None,
) -> None:
    """Write what each student gets back: one file per student, named by the id.

    Nothing of a hidden check is in it but its title and how it ended, and that as the assignment's [show] says.
    """
    from d2l_kit.gradebook.pages.feedback import stems, tell, write_feedback
    from d2l_kit.gradebook.select import find_student

    formats = formats_of(format)
    at = moment_of(now)
    with opened(gradebook, assignment) as found:
        book = found.book(at)
        chosen = [find_student(book, name) for name in students or ()] or book.standings
        told = tell(book, chosen, found.store.report, found.assignment, at, titles_of(book))
        names = stems(standing.student.id for standing in book.standings)
        number = write_feedback(told, out, formats, names, templates)
    typer.echo(f"Feedback for {number} {'student' if number == 1 else 'students'} is in {out}")


def formats_of(text: str) -> tuple[Format, ...]:
    """The formats that `--format` names, each once.

    Raises:
        UsageError: One is unknown, or none is named.
    """
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.pages.feedback import Format

    try:
        found = tuple(dict.fromkeys(Format(name.strip()) for name in text.split(",")))
    except ValueError as error:
        raise UsageError(_NO_FORMAT.format(text=text), _NO_FORMAT_REMEDY) from error
    return found
