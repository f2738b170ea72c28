"""`d2l-kit status`: how far each exercise is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from d2l_kit.cli._options import InWorkspace, SomeNames
from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import note, table

if TYPE_CHECKING:
    from d2l_kit.catalog import Exercise
    from d2l_kit.workspace.layout import Workspace
    from d2l_kit.workspace.state import State

_PUBLIC_ONLY = "These are public checks; hidden checks run when your work is graded."
_NOTHING = "Nothing is started. Begin with: d2l-kit start ch7"


def status(names: SomeNames = None, workspace: InWorkspace = None) -> None:
    """Say of each exercise: not started, or what its last check said, and whether it changed since."""
    from d2l_kit.workspace.layout import open_workspace, select
    from d2l_kit.workspace.state import read_state

    found = open_workspace(workspace)
    course = load()
    chosen = select(found, course, names or ())
    if not names:
        begun = {exercise.chapter for exercise in found.started(chosen)}
        chosen = tuple(exercise for exercise in chosen if exercise.chapter in begun)
    state = read_state(found)
    for text in state.notes:
        note(text)
    if not chosen:
        typer.echo(_NOTHING)
        return
    typer.echo(table([(exercise.id, *_progress(found, state, exercise)) for exercise in chosen], indent=""))
    if any(exercise.id in state.verdicts for exercise in chosen):
        typer.echo(_PUBLIC_ONLY)


def _when(at: str) -> str:
    """A moment of ISO 8601 on this machine's clock, to the minute."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")


def _progress(workspace: Workspace, state: State, exercise: Exercise) -> tuple[str, str]:
    from d2l_kit.cli._untouched import untouched
    from d2l_kit.workspace.state import digest

    if untouched(workspace, exercise):
        return ("not started", "")
    verdict = state.verdicts.get(exercise.id)
    if verdict is None:
        return ("not checked yet", f"d2l-kit check {exercise.id}")
    counted = f"{verdict.passed} of {verdict.checks} checks, {_when(verdict.at)}"
    changed = "" if digest(workspace.file(exercise)) == verdict.source else "; changed since"
    return (verdict.status.replace("_", " "), counted + changed)
