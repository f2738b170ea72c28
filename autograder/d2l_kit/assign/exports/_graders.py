"""What every export holds that grades with hidden checks; it is the instructor's alone.

The assignment with its seed, the roster beside it, the wheels, and the versions of the machine that exports, so that
grades come from the same ones.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from d2l_kit.assign.exports import Content, How
from d2l_kit.assign.exports._wheels import pinned, version, wheels
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
        ASSIGNMENT_FILE: _with_roster_beside(assignment).encode(),
        CONSTRAINTS: _constraints(exercises).encode(),
    }
    made |= {f"wheels/{name}": content for name, content in wheels(how.wheels, instructor=True).items()}
    if assignment.roster is not None:
        made[ROSTER] = _bytes(assignment.roster)
    return made


def more_packages(exercises: Iterable[Exercise]) -> str:
    """What pip is to install besides the wheels, with a blank before it; "" for nothing."""
    return " triton" if _with_triton(exercises) else ""


def _with_triton(exercises: Iterable[Exercise]) -> bool:
    return any(exercise.runtime == "triton" for exercise in exercises)


def _constraints(exercises: Iterable[Exercise]) -> str:
    lines = [*pinned()]
    if _with_triton(exercises) and importlib.util.find_spec("triton") is not None:
        lines.append(f"triton=={version('triton')}")
    return "".join(f"{line}\n" for line in sorted(lines))


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
