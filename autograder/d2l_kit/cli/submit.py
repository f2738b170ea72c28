"""`d2l-kit submit`: pack the answers into one file to hand in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._options import InWorkspace, SomeNames
from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import note

DEFAULT_NAME = "submission.zip"

_MISSING = "{id} is not in it: there is no {file}."
_STUB = "{id} is still the stub."
_EMPTY = "There is nothing to hand in: no exercise of this workspace is started."
_NONE_OF = "There is nothing to hand in: {names} {verb} not started in this workspace."
_ONLY_STUBS = "There is nothing to hand in: every file is still the stub it was."
_ONLY_STUBS_REMEDY = "Write an answer first; `d2l-kit status` shows where you are."
_NEXT = "Now upload this file where your course takes submissions; nothing has been sent."


def submit(
    names: SomeNames = None,
    workspace: InWorkspace = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            "--output",
            metavar="FILE",
            help=f"Where to write; {DEFAULT_NAME} in the workspace by default.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace a file that is there.")] = False,
) -> None:
    """Pack your answers into a zip to hand in. The same answers always give the same file."""
    from d2l_kit.cli._untouched import untouched
    from d2l_kit.errors import UsageError
    from d2l_kit.submission import read_submission
    from d2l_kit.workspace.bundle import pack, save
    from d2l_kit.workspace.layout import open_workspace, select

    found = open_workspace(workspace)
    chosen = select(found, load(), names or ())
    there = found.started(chosen)
    if not there and names and found.started(load()):
        listed = ", ".join(exercise.id for exercise in chosen)
        verb = "is" if len(chosen) == 1 else "are"
        raise UsageError(_NONE_OF.format(names=listed, verb=verb), f"Begin with: d2l-kit start {names[0]}")
    if not there:
        raise UsageError(_EMPTY, f"Begin with: d2l-kit start {names[0] if names else 'ch7'}")
    stubs = [exercise for exercise in there if untouched(found, exercise)]
    if len(stubs) == len(there):
        raise UsageError(_ONLY_STUBS, _ONLY_STUBS_REMEDY)
    for exercise in chosen if names else ():
        if exercise not in there:
            note(_MISSING.format(id=exercise.id, file=found.shown(found.file(exercise))))
    for exercise in stubs:
        note(_STUB.format(id=exercise.id))
    path = output or found.root / DEFAULT_NAME
    digest = save(pack(found, there), path, replace=force)
    # Read as the grader will read it: better to hear of a wrong encoding now than with the grade.
    for name, problem in read_submission(path, there).problems.items():
        note(f"{name} cannot be graded like this: {problem}")
    typer.echo(f"{path}: {len(there)} exercise{'s' if len(there) > 1 else ''}")
    typer.echo(f"sha256 {digest}")
    typer.echo(_NEXT)
