"""What every export holds that grades with hidden checks; it is the instructor's alone.

The assignment with its seed, the roster beside it, the wheels, and the versions of the machine that exports, so that
grades come from the same ones.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from d2l_kit.assign.exports import Content, How
from d2l_kit.assign.exports._wheels import constraints, wheels
from d2l_kit.assign.model import ASSIGNMENT_FILE, Assignment
from d2l_kit.catalog import Exercise
from d2l_kit.errors import UsageError
from d2l_kit.workspace.files import explained

CONSTRAINTS = "constraints.txt"
ROSTER = "roster.csv"

_ODD_ROSTER = "{path}: `roster` does not stand on a line of its own."
_ROSTER_LINE = re.compile(r"^[ \t]*roster[ \t]*=.*$", re.MULTILINE)


def beside(assignment: Assignment, exercises: Sequence[Exercise], how: How) -> dict[str, Content]:
    """The files, by their paths.

    Raises:
        UsageError: Hidden checks are not installed here, wheels cannot be had, or the roster cannot be read.
    """
    made: dict[str, Content] = {
        **assignment_files(assignment),
        CONSTRAINTS: constraints(exercises),
    }
    return made | {f"wheels/{name}": content for name, content in wheels(how.wheels, instructor=True).items()}


def assignment_files(assignment: Assignment) -> dict[str, Content]:
    """The assignment, with the roster that it names beside it.

    Raises:
        UsageError: The roster cannot be read.
    """
    made: dict[str, Content] = {ASSIGNMENT_FILE: _with_roster_beside(assignment).encode()}
    if assignment.roster is not None:
        made[ROSTER] = _bytes(assignment.roster)
    return made


def _with_roster_beside(assignment: Assignment) -> str:
    """The assignment as it is written, but for the roster, which lies beside it in the export."""
    if assignment.roster is None:
        return assignment.text
    text = _ROSTER_LINE.sub(f'roster = "{ROSTER}"', assignment.text, count=1)
    if tomllib.loads(text).get("roster") != ROSTER:
        raise UsageError(_ODD_ROSTER.format(path=assignment.path), f'Write it so: roster = "{ROSTER}"')
    return text


def _bytes(path: Path) -> bytes:
    with explained("cannot read", path):
        return path.read_bytes()
