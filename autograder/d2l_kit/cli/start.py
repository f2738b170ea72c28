"""`d2l-kit start`: lay out the files to begin with."""

from __future__ import annotations

import typer

from d2l_kit.cli._options import InWorkspace, Names
from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import with_required

_NEXT = """\
Next: write your answer in {file}, then
  d2l-kit check {name}
  d2l-kit hint {name}      when you are stuck"""


def start(names: Names, workspace: InWorkspace = None) -> None:
    """Write the files to start from: one stub for each exercise. What is there already is kept.

    This folder becomes your workspace unless it lies in one.
    """
    from d2l_kit.workspace.layout import (
        WORKSPACE_FILE,
        create_workspace,
        current_folder,
        find_workspace,
        lay_out,
    )

    course = load()
    chosen = course.select(names)
    root = workspace or current_folder()
    known = (root / WORKSPACE_FILE).is_file() if workspace else find_workspace(root)
    found = create_workspace(root) if workspace or not known else find_workspace(root)
    assert found is not None
    laid = lay_out(found, course, with_required(course, chosen))
    typer.echo(f"workspace: {found.root}{'' if known else ' (new)'}")
    for one in laid:
        typer.echo(f"{'kept' if one.kept else 'new'}: {found.shown(one.path)}{' (yours)' if one.kept else ''}")
    if chosen:
        first = chosen[0]
        typer.echo("")
        typer.echo(_NEXT.format(file=found.shown(found.file(first)), name=first.id))
