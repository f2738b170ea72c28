"""`d2l-kit gradebook excuse`: a student need not hand in, or must after all."""

from __future__ import annotations

from typing import Annotated

import typer

from d2l_kit.cli._gradebook import By, InGradebook, OfAssignment, demand_text, opened, who

_NOT_EXCUSED = "{id} is not excused."
_NOT_EXCUSED_REMEDY = "`d2l-kit gradebook show` counts who is."


def excuse(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="By id, name or e-mail.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="For the gradebook.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="The student must hand in after all.")] = False,
    by: By = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
) -> None:
    """Excuse a student from the assignment: exported as such, and no longer missing."""
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.select import find_student

    why = reason.strip() if undo else demand_text(reason, "--reason", "why")
    with opened(gradebook, assignment) as found:
        standing = find_student(found.book(), student)
        id = standing.student.id
        if undo and not standing.excused:
            raise UsageError(_NOT_EXCUSED.format(id=id), _NOT_EXCUSED_REMEDY)
        found.store.excuse(found.name, id, why, who(by), excused=not undo)
    typer.echo(f"{id} is no longer excused" if undo else f"{id} is excused")
