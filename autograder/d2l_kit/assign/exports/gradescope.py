"""`--to gradescope`: the zip that Gradescope builds an autograder's image from. It is the instructor's alone.

Layout: https://gradescope-autograders.readthedocs.io/en/latest/specs/. `setup.sh` installs, `run_autograder` grades
one submission with `d2l_kit.gradebook.on_gradescope`. Assignment, seed, roster and wheels with hidden checks lie in
the zip; on Gradescope they are in /autograder/source.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

from d2l_kit.assign._templates import Templates
from d2l_kit.assign.exports import EXECUTABLE, Content, How
from d2l_kit.assign.exports._wheels import pinned, version, wheels
from d2l_kit.assign.model import ASSIGNMENT_FILE, Assignment
from d2l_kit.catalog import Course, Exercise
from d2l_kit.errors import UsageError
from d2l_kit.report.serial import layout
from d2l_kit.workspace.files import explained

FOLDER = "gradescope"
SETUP = "setup.sh.j2"
RUN = "run_autograder.j2"

CONSTRAINTS = "constraints.txt"
ROSTER = "roster.csv"
UNFINISHED = "unfinished.json"

_DID_NOT_FINISH = (
    "The autograder did not finish: its time or memory ran out, or it could not start. Nothing is said about your "
    "work by this. Hand in again, and if it happens again, tell your instructor."
)
_NOT_GRADED = "Not graded: the autograder did not finish."
_ODD_ROSTER = "{path}: `roster` does not stand on a line of its own."
_ROSTER_LINE = re.compile(r"^[ \t]*roster[ \t]*=.*$", re.MULTILINE)


def files(assignment: Assignment, course: Course, how: How) -> dict[str, Content]:
    """What is in the zip.

    Raises:
        UsageError: Hidden checks are not installed here, wheels cannot be had, or the roster cannot be read.
    """
    exercises = assignment.exercises_of(course)
    texts = Templates(how.templates, FOLDER, (SETUP, RUN))
    runtimes = {exercise.runtime for exercise in exercises}
    with_triton = "triton" in runtimes
    values = {
        "name": assignment.name,
        "more": " triton" if with_triton else "",
        "compiler": "cuda" in runtimes,
    }
    made: dict[str, Content] = {
        "setup.sh": (texts.render(SETUP, values).encode(), EXECUTABLE),
        "run_autograder": (texts.render(RUN, values).encode(), EXECUTABLE),
        ASSIGNMENT_FILE: _with_roster_beside(assignment).encode(),
        UNFINISHED: (layout(unfinished(exercises)) + "\n").encode(),
        CONSTRAINTS: _constraints(with_triton).encode(),
    }
    made |= {f"wheels/{name}": content for name, content in wheels(how.wheels, instructor=True).items()}
    if assignment.roster is not None:
        made[ROSTER] = _roster(assignment.roster)
    return made


def unfinished(exercises: tuple[Exercise, ...]) -> dict[str, Any]:
    """What stands in results.json until there is something better: nothing earned, and why."""
    return {
        "score": 0,
        "output": _DID_NOT_FINISH,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "number": str(number),
                "name": exercise.title or exercise.id,
                "score": 0,
                "max_score": exercise.points,
                "status": "failed",
                "output": _NOT_GRADED,
            }
            for number, exercise in enumerate(exercises, start=1)
        ],
    }


def _constraints(with_triton: bool) -> str:
    """The versions of the machine that exports, so that Gradescope grades with the same."""
    lines = [*pinned()]
    if with_triton and importlib.util.find_spec("triton") is not None:
        lines.append(f"triton=={version('triton')}")
    return "".join(f"{line}\n" for line in sorted(lines))


def _with_roster_beside(assignment: Assignment) -> str:
    """The assignment as it is written, but for the roster, which lies beside it in the zip."""
    if assignment.roster is None:
        return assignment.text
    text = _ROSTER_LINE.sub(f'roster = "{ROSTER}"', assignment.text, count=1)
    if tomllib.loads(text).get("roster") != ROSTER:
        raise UsageError(_ODD_ROSTER.format(path=assignment.path), f'Write it so: roster = "{ROSTER}"')
    return text


def _roster(path: Path) -> bytes:
    with explained("cannot read", path):
        return path.read_bytes()
