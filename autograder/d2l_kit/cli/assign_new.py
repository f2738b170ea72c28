"""`d2l-kit assign new`: write an assignment.toml to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._completion import listed_names
from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import note

_NEXT = """\
Next: look through it with an editor, then
  d2l-kit assign check {folder}
  d2l-kit assign build {folder}"""


def new(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="NAME", help="Of the assignment, such as hw2; or a folder of that name.", show_default=False
        ),
    ],
    exercises: Annotated[
        list[str] | None,
        typer.Option(
            "--exercises",
            metavar="NAMES",
            help="ch7,ch03/linreg_scratch …; repeatable.",
            show_default=False,
            autocompletion=listed_names,
        ),
    ] = None,
    due: Annotated[
        str, typer.Option("--due", metavar="TIME", help='"2026-12-01 23:59", or with an offset.', show_default=False)
    ] = "",
    zone: Annotated[
        str, typer.Option("--tz", metavar="ZONE", help="Whose clocks: Europe/Berlin.", show_default=False)
    ] = "",
    title: Annotated[str, typer.Option("--title", help="As students read it.", show_default=False)] = "",
    points: Annotated[
        list[str] | None,
        typer.Option("--points", metavar="NAME=N", help="Other points than the usual; repeatable.", show_default=False),
    ] = None,
    former: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="OLD", help="Take rules, exercises and points from this one.", show_default=False
        ),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option("--templates", metavar="DIR", help="Templates of your own go first.", show_default=False),
    ] = None,
) -> None:
    """Write NAME/assignment.toml: exercises, points, due date, rules, a secret seed. Nothing is overwritten."""
    from d2l_kit.assign.new import Wanted, new_assignment, read_points
    from d2l_kit.assign.reader import read_assignment

    course = load()
    names = tuple(part.strip() for text in exercises or () for part in text.split(",") if part.strip())
    old = read_assignment(former, course) if former else None
    wanted = Wanted(names, read_points(points or ()), due, zone, title, old)
    path, notes = new_assignment(folder, wanted, course, templates)
    for text in notes:
        note(text)
    typer.echo(f"new: {path}")
    typer.echo(_NEXT.format(folder=folder))
