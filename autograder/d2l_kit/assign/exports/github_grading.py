"""`--to github-grading`: the instructor's private repository, whose workflow grades a class's repositories.

Hidden checks run there and nowhere else: a workflow in a student's repository could read whatever lies on its runner.
The workflow starts when work is due, fetches the repositories as they were then (`assign collect`), grades them, and
keeps grades and reports as an artifact that only who may see this repository can see.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from d2l_kit.assign._templates import Templates
from d2l_kit.assign.exports import Content, How
from d2l_kit.assign.exports._graders import beside
from d2l_kit.assign.exports._wheels import more_packages
from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Course
from d2l_kit.workspace.files import explained

FOLDER = "github_grading"
GRADE = "grade.yml.j2"
README = "README.md.j2"

REPOSITORIES = "repositories.csv"
IGNORED = "collected/\ngraded/\n"

_AFTER = timedelta(minutes=10)  # for pushes that are under way
_NIGHTLY = "23 3 * * *"


def files(assignment: Assignment, course: Course, how: How) -> dict[str, Content]:
    """What is in the repository.

    Raises:
        UsageError: Hidden checks are not installed here, wheels cannot be had, or the roster cannot be read.
    """
    exercises = assignment.exercises_of(course)
    texts = Templates(how.templates, FOLDER, (GRADE, README))
    values = {
        "name": assignment.name,
        "title": assignment.title,
        "times": schedule(assignment),
        "more": more_packages(exercises),
        "compiler": any(exercise.runtime == "cuda" for exercise in exercises),
        "roster": assignment.roster is not None,
    }
    return {
        **beside(assignment, exercises, how),
        ".github/workflows/grade.yml": texts.render(GRADE, values).encode(),
        ".gitignore": IGNORED.encode(),
        "README.md": texts.render(README, values).encode(),
        REPOSITORIES: _repositories(assignment),
    }


def schedule(assignment: Assignment) -> tuple[str, ...]:
    """When the workflow starts, as cron has it: after each moment at which somebody's work is due, else every night."""
    due = [assignment.due, *(extension.due for extension in assignment.extensions)]
    moments = {moment + assignment.late.grace for moment in due if moment is not None}
    if assignment.late.until is not None:
        moments.add(assignment.late.until)
    return tuple(_cron(moment + _AFTER) for moment in sorted(moments)) or (_NIGHTLY,)


def _cron(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at.minute} {at.hour} {at.day} {at.month} *"


def _repositories(assignment: Assignment) -> bytes:
    """The list that lies beside the assignment, or the beginning of one."""
    path = assignment.path.parent / REPOSITORIES
    if not path.is_file():
        return b"student,repository\n"
    with explained("cannot read", path):
        return path.read_bytes()
