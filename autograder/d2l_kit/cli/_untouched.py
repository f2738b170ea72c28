"""Whether an answer is begun, by the same rule that the grader goes by."""

from __future__ import annotations

from d2l_kit.catalog import Exercise
from d2l_kit.grading.rules import is_untouched
from d2l_kit.workspace.layout import Workspace


def untouched(workspace: Workspace, exercise: Exercise) -> bool:
    """Whether an exercise's file is missing, or says no more than the stub."""
    path = workspace.file(exercise)
    if not path.is_file():
        return True
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False  # somebody's work, if unreadable: `check` says what is wrong with it
    return is_untouched(text, exercise.files.stub.read_text(encoding="utf-8"))
