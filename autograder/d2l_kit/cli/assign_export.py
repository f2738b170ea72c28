"""`d2l-kit assign export`: an assignment as a platform wants it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._completion import platform_names
from d2l_kit.cli._terminal import course as load


def export(
    assignment: Annotated[
        Path, typer.Argument(metavar="ASSIGNMENT", help="assignment.toml, or its folder.", show_default=False)
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="PLATFORM",
            help="Such as gradescope; any other name lists them.",
            autocompletion=platform_names,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="The zip or the folder to write; beside the file by default.",
            show_default=False,
        ),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option("--templates", metavar="DIR", help="Templates of your own go first.", show_default=False),
    ] = None,
    wheels: Annotated[
        Path | None,
        typer.Option(
            "--wheels",
            metavar="DIR",
            help="Take the kit's wheels from there; by default they are built from the sources it is installed from.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace an export that differs.")] = False,
) -> None:
    """Make what a platform needs to run this assignment. Twice the same gives the same bytes."""
    from d2l_kit.assign.exports import How, find_target, place
    from d2l_kit.assign.exports import export as run
    from d2l_kit.assign.reader import read_assignment

    target = find_target(to)
    course = load()
    found = read_assignment(assignment, course)
    path = place(target, found, out)
    for written in run(target, found, course, path, How(templates, wheels), replace=force):
        typer.echo(f"made: {written}")
    typer.echo(target.next.format(path=path))
