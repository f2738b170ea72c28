"""`d2l-kit reset`: begin an exercise again, with a copy of what was written kept."""

from __future__ import annotations

import sys
from datetime import datetime

import typer

from d2l_kit.cli._options import InWorkspace, Names, Yes
from d2l_kit.cli._terminal import course as load

_ASK = "Put the stub back for {names}? A copy of your work is kept."
_NOBODY = "reset asks before it takes your work away, and there is no terminal to ask on."


def reset(names: Names, workspace: InWorkspace = None, yes: Yes = False) -> None:
    """Put the stub back. What you wrote is kept in a backup, and you are told where."""
    from d2l_kit.errors import UsageError
    from d2l_kit.workspace.layout import holds_the_stub, lay_out, open_workspace, put_back, select
    from d2l_kit.workspace.state import forget_verdicts

    found = open_workspace(workspace)
    course = load()
    chosen = select(found, course, names)
    there = found.started(chosen)
    worked_on = [exercise for exercise in there if not holds_the_stub(found, exercise)]
    if worked_on and not yes:
        if not sys.stdin.isatty():
            raise UsageError(_NOBODY, "Give -y if you mean it.")
        if not typer.confirm(_ASK.format(names=", ".join(exercise.id for exercise in worked_on))):
            typer.echo("Nothing was changed.")
            return
    lay_out(found, course, [exercise for exercise in chosen if exercise not in there])
    for exercise in chosen:
        if exercise not in worked_on:
            state = "still the stub" if exercise in there else "new"
            typer.echo(f"{state}: {found.shown(found.file(exercise))}")
    if worked_on:
        backup = put_back(found, worked_on, datetime.now().astimezone())
        forget_verdicts(found, worked_on)
        for exercise in worked_on:
            path = found.shown(found.file(exercise))
            typer.echo(f"reset: {path} (your work is in {found.shown(backup)}/{path})")
