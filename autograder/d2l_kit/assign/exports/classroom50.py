"""`--to classroom50`: a folder with the autograder.py of an assignment, for Classroom 50's runner.

The runner (foundation50/classroom50) fetches the folder from the classroom's pages and runs autograder.py in the
student's own repository, on the student's own workflow. So all of it can be read by students, and nothing hidden goes
in: the students' wheel, public checks, and an assignment without seed and extensions. Grades with hidden checks are
made where only the instructor is, from the same repositories.
"""

from __future__ import annotations

from d2l_kit.assign._templates import Templates
from d2l_kit.assign.exports import Content, How
from d2l_kit.assign.exports._wheels import KIT, constraints, more_packages, version, wheels
from d2l_kit.assign.model import ASSIGNMENT_FILE, ASSIGNMENT_FORMAT, Assignment
from d2l_kit.catalog import Course
from d2l_kit.errors import UsageError
from d2l_kit.workspace.layout import WORKSPACE_FORMAT

FOLDER = "classroom50"
AUTOGRADER = "autograder.py.j2"
PUBLIC = "assignment.toml.j2"

MAX_BYTES = 10 << 20  # the runner fetches no more

_TOO_LARGE = "The autograder would have {size:.1f} MiB, and Classroom 50's runner fetches at most {most} MiB."
_TOO_LARGE_HOW = "Give --wheels DIR with a smaller wheel."


def files(assignment: Assignment, course: Course, how: How) -> dict[str, Content]:
    """What is in the folder.

    Raises:
        UsageError: The students' wheel cannot be had, or all is too large for the runner.
    """
    texts = Templates(how.templates, FOLDER, (AUTOGRADER, PUBLIC))
    exercises = assignment.exercises_of(course)
    runner = {
        "name": assignment.name,
        "version": version(KIT),
        "format": WORKSPACE_FORMAT,
        "more": more_packages(exercises),
    }
    public = {
        "format": ASSIGNMENT_FORMAT,
        "name": assignment.name,
        "title": assignment.title,
        "time_factor": assignment.time_factor,
        "memory_mib": assignment.memory_mib,
        "exercises": [{"id": each.id, "points": each.points} for each in assignment.exercises],
    }
    made = {
        "autograder.py": texts.render(AUTOGRADER, runner).encode(),
        ASSIGNMENT_FILE: texts.render(PUBLIC, public).encode(),
        "constraints.txt": constraints(exercises),
    }
    made |= {f"wheels/{name}": content for name, content in wheels(how.wheels, instructor=False).items()}
    size = sum(map(len, made.values()))
    if size > MAX_BYTES:
        raise UsageError(_TOO_LARGE.format(size=size / (1 << 20), most=MAX_BYTES >> 20), _TOO_LARGE_HOW)
    return {**made}
