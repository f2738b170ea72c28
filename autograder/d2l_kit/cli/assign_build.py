"""`d2l-kit assign build`: make what students are given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import note

_STRANGE = "{path} is not of this hand-out; it is not in the zip."
_NEXT = "Give out {name}.zip, or {name}.ipynb, or both: a student takes one of them."


def build(
    assignment: Annotated[
        Path, typer.Argument(metavar="ASSIGNMENT", help="assignment.toml, or its folder.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="DIR", help="Where to; handout/ beside the file by default.", show_default=False
        ),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option("--templates", metavar="DIR", help="Templates of your own go first.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace a hand-out that differs.")] = False,
) -> None:
    """Make the hand-out: a workspace folder, a notebook, a zip of the folder. Twice the same gives the same bytes."""
    from d2l_kit.assign.build import build as run
    from d2l_kit.assign.reader import read_assignment

    course = load()
    found = read_assignment(assignment, course)
    built = run(found, course, out or found.path.parent / "handout", templates=templates, replace=force)
    for path in built.strange:
        note(_STRANGE.format(path=path))
    for path in built.files:
        typer.echo(f"made: {path}")
    typer.echo(_NEXT.format(name=found.name))
