"""`d2l-kit gradebook history`: what happened to one student, or the runs of an assignment."""

from __future__ import annotations

from typing import Annotated

import typer

from d2l_kit.cli._gradebook import InGradebook, OfAssignment, find_student, opened


def history(
    student: Annotated[
        str | None,
        typer.Argument(metavar="[STUDENT]", help="By id, name or e-mail; all runs by default.", show_default=False),
    ] = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
) -> None:
    """List every report of a student, who decided what and when; without a student, every run."""
    from d2l_kit.gradebook.history import events, run_lines
    from d2l_kit.gradebook.listing import events_text, runs_text

    with opened(gradebook, assignment) as found:
        zone = found.assignment.zone if found.assignment else "UTC"
        if student is None:
            typer.echo(runs_text(run_lines(found.store, found.name), zone))
        else:
            id = find_student(found.book(), student).student.id
            typer.echo(events_text(events(found.store, found.name, id, zone), zone))
