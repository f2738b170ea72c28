"""`d2l-kit assign check`: find everything that is wrong with an assignment.toml."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._terminal import course as load

if TYPE_CHECKING:
    from collections.abc import Collection

    from d2l_kit.assign.model import Assignment

_FINE = "{path}: {exercises} for {points} points; {due}."


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Files, or their folders; this folder by default.", show_default=False
        ),
    ] = None,
) -> None:
    """Check assignments: all that is wrong, with file and line. Exit code 1: something is."""
    from d2l_kit.assign.reader import assignment_file, inspect_assignment, read_text
    from d2l_kit.errors import EXIT_CHECK_FAILED

    course, broken = load(), False
    for path in paths or [Path()]:
        file = assignment_file(path)
        found = inspect_assignment(read_text(file), file, course, ids_of=_ids, now=datetime.now(UTC))
        for finding in found.problems:
            typer.echo(finding.shown(file))
            if finding.remedy:
                typer.echo(f"  {finding.remedy}")
        for finding in found.warnings:
            typer.echo(f"{file}:{finding.line}: warning: {finding.message}")
        if found.assignment is None:
            broken = True
        else:
            typer.echo(_summary(found.assignment))
    if broken:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _ids(roster: Path) -> Collection[str]:
    from d2l_kit.gradebook.roster import read_roster

    return {student.id for student in read_roster(roster)}


def _summary(assignment: Assignment) -> str:
    from d2l_kit.assign.words import moment_in_words

    count = len(assignment.exercises)
    due = f"due {moment_in_words(assignment.due, assignment.zone)}" if assignment.due else "no due date"
    return _FINE.format(
        path=assignment.path,
        exercises=f"{count} exercise{'' if count == 1 else 's'}",
        points=assignment.points,
        due=due,
    )
