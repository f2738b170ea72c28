"""`d2l-kit hint`: one hint more each time."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from d2l_kit.cli._options import InWorkspace, Names
from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import note, warn

_NONE = "{id} has no hints."
_ALL_SEEN = "That was the last one; you have seen all {total}. Show them again: d2l-kit hint --all {id}"


def hint(
    names: Names,
    workspace: InWorkspace = None,
    everything: Annotated[bool, typer.Option("--all", help="Show all hints at once.")] = False,
) -> None:
    """Show one more hint for each exercise."""
    from d2l_kit.errors import KitError
    from d2l_kit.workspace.layout import open_workspace, select
    from d2l_kit.workspace.state import read_state, write_state

    found = open_workspace(workspace)
    chosen = select(found, load(), names)
    state = read_state(found)
    for text in state.notes:
        note(text)
    seen = dict(state.hints)
    for exercise in chosen:
        before, total = min(seen.get(exercise.id, 0), len(exercise.hints)), len(exercise.hints)
        seen[exercise.id] = total if everything else min(before + 1, total)
        first = 1 if everything else seen[exercise.id]
        if not total:
            typer.echo(_NONE.format(id=exercise.id))
            continue
        for number in range(first, seen[exercise.id] + 1):
            typer.echo(f"{exercise.id}: hint {number} of {total}\n  {exercise.hints[number - 1]}")
        if before == total and not everything:
            typer.echo(_ALL_SEEN.format(id=exercise.id, total=total))
    try:
        write_state(found, replace(state, hints=seen))
    except KitError as error:  # a read-only folder must not withhold a hint
        warn(error)
