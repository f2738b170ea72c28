"""`d2l-kit gradebook comment`: say something to a student, to be shown in the feedback."""

from __future__ import annotations

from typing import Annotated

import typer

from d2l_kit.cli._gradebook import (
    By,
    InGradebook,
    OfAssignment,
    demand_text,
    find_exercise,
    opened,
    who,
)


def comment(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="By id, name or e-mail.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What the student is to read.")],
    exercise: Annotated[
        str | None,
        typer.Option("--exercise", metavar="NAME", help="The whole assignment by default.", show_default=False),
    ] = None,
    by: By = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
) -> None:
    """Leave a comment for a student."""
    from d2l_kit.gradebook.select import find_student

    said = demand_text(text, "TEXT", "what the student is to read")
    with opened(gradebook, assignment) as found:
        book = found.book()
        id = find_student(book, student).student.id
        where = find_exercise(book, exercise) if exercise else ""
        number = found.store.comment(found.name, id, where, said, who(by))
    typer.echo(f"comment {number} for {id}")
