"""`--to github`: the template repository that students start from; nothing hidden is in it."""

from __future__ import annotations

from d2l_kit.assign._templates import Templates
from d2l_kit.assign.build import hand_out
from d2l_kit.assign.exports import Content, How
from d2l_kit.assign.exports._wheels import constraints, more_packages, wheels
from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Course

FOLDER = "github"
CHECK = "check.yml.j2"
CONTAINER = "devcontainer.json.j2"
PRE_COMMIT = "pre-commit.yaml.j2"

_BADGE = "![check](../../actions/workflows/check.yml/badge.svg)\n\n"


def files(assignment: Assignment, course: Course, how: How) -> dict[str, Content]:
    """What is in the repository.

    Raises:
        UsageError: The students' wheel cannot be had.
    """
    texts = Templates(how.templates, FOLDER, (CHECK, CONTAINER, PRE_COMMIT))
    exercises = assignment.exercises_of(course)
    values = {"name": assignment.name, "more": more_packages(exercises)}
    root = f"{assignment.name}/"
    built = hand_out(assignment, course)
    made: dict[str, Content] = {
        path.removeprefix(root): content for path, content in built.items() if path.startswith(root)
    }
    made |= {
        "README.md": _BADGE.encode() + built[f"{root}README.md"],
        ".github/workflows/check.yml": texts.render(CHECK, values).encode(),
        ".devcontainer/devcontainer.json": texts.render(CONTAINER, values).encode(),
        ".pre-commit-config.yaml": texts.render(PRE_COMMIT, values).encode(),
        ".vscode/tasks.json": Templates(None, "vscode").render("tasks.json.j2", values).encode(),
        "constraints.txt": constraints(exercises),
    }
    return made | {f"wheels/{name}": content for name, content in wheels(how.wheels, instructor=False).items()}
