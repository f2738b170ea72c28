"""`d2l-kit gradebook adjust`: give or take points by hand, with a reason; or withdraw that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._gradebook import (
    By,
    InGradebook,
    OfAssignment,
    demand_text,
    find_exercise,
    open_store,
    opened,
    who,
)
from d2l_kit.cli._terminal import note

if TYPE_CHECKING:
    from fractions import Fraction

_NO_POINTS = "{text!r} is no number of points."
_ABOVE = "{score} is above the maximum of {maximum}: some systems take it as extra credit, Moodle skips it."
_NO_POINTS_REMEDY = "Write --points +2, --points=-1.5 or --points 7/3."


def adjust(
    student: Annotated[
        str | None, typer.Argument(metavar="[STUDENT]", help="By id, name or e-mail.", show_default=False)
    ] = None,
    exercise: Annotated[
        str | None,
        typer.Option("--exercise", metavar="NAME", help="The whole assignment by default.", show_default=False),
    ] = None,
    points: Annotated[
        str | None, typer.Option("--points", metavar="N", help="To be added, such as +2 or -1.5.", show_default=False)
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Shown to the student.")] = "",
    withdraw: Annotated[
        int | None, typer.Option("--withdraw", metavar="N", help="The adjustment of this number.", show_default=False)
    ] = None,
    by: By = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
) -> None:
    """Give or take points beside the automatic ones; a later regrade keeps them and says so."""
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.history import signed
    from d2l_kit.gradebook.select import find_student
    from d2l_kit.report.model import points_text

    if withdraw is not None:
        if student or points or exercise or reason:
            raise UsageError("--withdraw stands alone.", "Give the adjustment's number and nothing else.")
        with open_store(gradebook) as store:
            store.withdraw(withdraw, who(by))
        typer.echo(f"adjustment {withdraw} is withdrawn")
        return
    if not student or points is None:
        raise UsageError(
            "Whom to adjust, and by how much?", "d2l-kit gradebook adjust STUDENT --points +2 --reason TEXT"
        )
    given, why = _points(points), demand_text(reason, "--reason", "why")
    with opened(gradebook, assignment) as found:
        book = found.book()
        standing = find_student(book, student)
        where = find_exercise(book, exercise) if exercise else ""
        basis = standing.counted.id if standing.counted else 0
        number = found.store.adjust(found.name, standing.student.id, where, given, why, who(by), basis)
        after = find_student(found.book(), standing.student.id)
    if after.score > after.maximum > 0 and given > 0:
        note(_ABOVE.format(score=points_text(after.score), maximum=after.maximum))
    place = f" for {where}" if where else ""
    typer.echo(
        f"adjustment {number}: {signed(given)}{place} for {standing.student.id}, {points_text(standing.score)} → "
        f"{points_text(after.score)} of {after.maximum}"
    )


def _points(text: str) -> Fraction:
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.select import exact

    try:
        points = exact(text)
    except (ValueError, ZeroDivisionError):
        raise UsageError(_NO_POINTS.format(text=text), _NO_POINTS_REMEDY) from None
    if not points:
        raise UsageError("Zero points change nothing.", _NO_POINTS_REMEDY)
    return points
