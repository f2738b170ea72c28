"""`d2l-kit gradebook show`: the class as a table, or one student in detail."""

from __future__ import annotations

from typing import Annotated

import typer

from d2l_kit.cli._gradebook import (
    AsTable,
    InGradebook,
    OfAssignment,
    Table,
    find_exercise,
    find_student,
    opened,
    print_json,
)
from d2l_kit.cli._terminal import note

_STRANGERS = "{count} submissions belong to nobody of the class list: {names}"
_NAMES_SHOWN = 5


def show(
    student: Annotated[
        str | None,
        typer.Argument(metavar="[STUDENT]", help="One student, by id, name or e-mail address.", show_default=False),
    ] = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
    only: Annotated[str | None, typer.Option("--student", metavar="STUDENT", help="The same.", hidden=True)] = None,
    section: Annotated[str, typer.Option("--section", metavar="NAME", help="Of this section.")] = "",
    exercise: Annotated[
        str | None, typer.Option("--exercise", metavar="NAME", help="This exercise alone.", show_default=False)
    ] = None,
    below: Annotated[
        str, typer.Option("--below", metavar="POINTS", help="With fewer points than 12, or than 50%.")
    ] = "",
    late: Annotated[bool, typer.Option("--late", help="Handed in late.")] = False,
    missing: Annotated[bool, typer.Option("--missing", help="Not handed in, and not excused.")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="With points that wait for another machine.")] = False,
    format: AsTable = Table.TEXT,
) -> None:
    """Show where the class stands, or one student and what the score is made of.

    Lateness is worked out from the assignment as it is now: an extension given since counts.
    """
    from d2l_kit.cli._reports import terminal_options
    from d2l_kit.gradebook import listing
    from d2l_kit.gradebook.select import Selection, select

    with opened(gradebook, assignment) as found:
        book = found.book()
        if student or only:
            standing = find_student(book, student or only or "")
            if format is Table.TEXT:
                typer.echo(listing.student_text(standing, book, found.assignment))
                return
            from dataclasses import replace

            book = replace(book, standings=(standing,))
        wanted = Selection(section, find_exercise(book, exercise) if exercise else "", below, late, missing, pending)
        if book.strangers:
            names = ", ".join(book.strangers[:_NAMES_SHOWN]) + (" …" if len(book.strangers) > _NAMES_SHOWN else "")
            note(_STRANGERS.format(count=len(book.strangers), names=names))
        chosen = select(book, wanted)
    if format is Table.JSON:
        print_json(listing.class_json(chosen))
    elif format is Table.CSV:
        typer.echo(listing.class_csv(chosen), nl=False)
    else:
        typer.echo(listing.class_text(chosen, max(terminal_options().width, 100)))
