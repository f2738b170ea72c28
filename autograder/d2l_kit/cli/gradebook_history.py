"""`d2l-kit gradebook history`: what happened to one student, or the runs of an assignment."""

from __future__ import annotations

from typing import Annotated

import typer

from d2l_kit.cli._gradebook import AsTable, InGradebook, OfAssignment, Table, opened, print_json


def history(
    student: Annotated[
        str | None,
        typer.Argument(metavar="[STUDENT]", help="By id, name or e-mail; all runs by default.", show_default=False),
    ] = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
    format: AsTable = Table.TEXT,
) -> None:
    """List every report of a student, who decided what and when; without a student, every run."""
    from d2l_kit.gradebook import listing
    from d2l_kit.gradebook.history import events, run_lines
    from d2l_kit.gradebook.select import find_student

    with opened(gradebook, assignment) as found:
        zone = found.assignment.zone if found.assignment else "UTC"
        if student is None:
            lines = run_lines(found.store, found.name)
            data, table, text = listing.runs_json(lines), listing.runs_csv(lines), listing.runs_text(lines, zone)
        else:
            # First as it is stored: who has left the class list has a history, too.
            happened = events(found.store, found.name, student, zone) or events(
                found.store, found.name, find_student(found.book(), student).student.id, zone
            )
            data, table = listing.events_json(happened), listing.events_csv(happened)
            text = listing.events_text(happened, zone)
    if format is Table.JSON:
        print_json(data)
    else:
        typer.echo(table if format is Table.CSV else text, nl=format is not Table.CSV)
