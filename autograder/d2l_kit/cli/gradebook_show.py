"""`d2l-kit gradebook show`: the class as a table, or one student in detail."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from d2l_kit.cli._gradebook import (
    AsTable,
    InGradebook,
    OfAssignment,
    Table,
    find_exercise,
    opened,
    print_json,
)
from d2l_kit.cli._terminal import note

_STRANGERS = "of nobody on the class list, not shown here: {count}: {names}"
_ONE_OF_THE_CLASS = "A student is named, and filters choose among the class."
_ONE_OF_THE_CLASS_REMEDY = "Give the one or the other; `d2l-kit gradebook show STUDENT` has every exercise."


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
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook import listing
    from d2l_kit.gradebook.select import Selection, find_student, select
    from d2l_kit.report.text import listed

    one = only if student is None else student
    filters = Selection(section, exercise or "", below, late, missing, pending)
    if one is not None and (filters != Selection() or None not in (student, only)):
        raise UsageError(_ONE_OF_THE_CLASS, _ONE_OF_THE_CLASS_REMEDY)
    with opened(gradebook, assignment) as found:
        book = found.book()
        if one is not None:
            chosen = replace(book, standings=(find_student(book, one),))
        else:
            chosen = select(book, replace(filters, exercise=find_exercise(book, exercise) if exercise else ""))
            if book.strangers:
                note(_STRANGERS.format(count=len(book.strangers), names=listed(book.strangers)))
    if format is Table.JSON:
        print_json(listing.class_json(chosen))
    elif format is Table.CSV:
        typer.echo(listing.class_csv(chosen), nl=False)
    elif one is not None:
        typer.echo(listing.student_text(chosen.standings[0], book, found.assignment))
    else:
        typer.echo(listing.class_text(chosen, max(terminal_options().width, 100)))
