"""`--to vscode`: the folder .vscode of a workspace, with a task that checks and shows failures at their lines."""

from __future__ import annotations

from d2l_kit.assign._templates import Templates
from d2l_kit.assign.exports import Content, How
from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Course

FOLDER = "vscode"
TASKS = "tasks.json.j2"


def files(assignment: Assignment, course: Course, how: How) -> dict[str, Content]:
    """What is in the folder."""
    texts = Templates(how.templates, FOLDER, (TASKS,))
    return {".vscode/tasks.json": texts.render(TASKS, {"name": assignment.name}).encode()}
