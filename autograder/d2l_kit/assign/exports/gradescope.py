"""`--to gradescope`: the zip that Gradescope builds an autograder's image from. It is the instructor's alone.

Layout: https://gradescope-autograders.readthedocs.io/en/latest/specs/. `setup.sh` installs, `run_autograder` grades
one submission with `d2l_kit.gradebook.on_gradescope`. Assignment, seed, roster and wheels with hidden checks lie in
the zip; on Gradescope they are in /autograder/source.
"""

from __future__ import annotations

from typing import Any

from d2l_kit.assign._templates import Templates
from d2l_kit.assign.exports import EXECUTABLE, Content, How
from d2l_kit.assign.exports._graders import beside
from d2l_kit.assign.exports._wheels import more_packages
from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Course, Exercise
from d2l_kit.report.serial import layout

FOLDER = "gradescope"
SETUP = "setup.sh.j2"
RUN = "run_autograder.j2"

UNFINISHED = "unfinished.json"

_DID_NOT_FINISH = (
    "The autograder did not finish: its time or memory ran out, or it could not start. Nothing is said about your "
    "work by this. Hand in again, and if it happens again, tell your instructor."
)
_NOT_GRADED = "Not graded: the autograder did not finish."


def files(assignment: Assignment, course: Course, how: How) -> dict[str, Content]:
    """What is in the zip.

    Raises:
        UsageError: Hidden checks are not installed here, wheels cannot be had, or the roster cannot be read.
    """
    exercises = assignment.exercises_of(course)
    texts = Templates(how.templates, FOLDER, (SETUP, RUN))
    values = {
        "name": assignment.name,
        "more": more_packages(exercises),
        "compiler": any(exercise.runtime == "cuda" for exercise in exercises),
    }
    return {
        **beside(assignment, exercises, how),
        "setup.sh": (texts.render(SETUP, values).encode(), EXECUTABLE),
        "run_autograder": (texts.render(RUN, values).encode(), EXECUTABLE),
        UNFINISHED: (layout(unfinished(exercises)) + "\n").encode(),
    }


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
