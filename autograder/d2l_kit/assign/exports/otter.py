"""`--to otter`: what `otter generate` makes an autograder of, and the students' notebook.

Formats: https://otter-grader.readthedocs.io/en/latest/test_files/, .../workflow/executing_submissions/. There is a test
file for each exercise, which fails wherever it is run: the points come from the plugin `d2l_kit.gradebook.on_otter`,
which `otter_config.json` names.
"""

from __future__ import annotations

import json
import re
from typing import Any

from d2l_kit.assign._templates import Templates
from d2l_kit.assign.build import hand_out
from d2l_kit.assign.exports import Content, How
from d2l_kit.assign.exports._graders import beside
from d2l_kit.assign.exports._wheels import more_packages
from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Course

FOLDER = "d2l-kit"  # among otter's support files
TEMPLATES = "otter"
README = "README.md.j2"
TEST = "test.py.j2"
PLUGIN = "d2l_kit.gradebook.on_otter.Judge"
SUPPORT = "/autograder/source/files"  # where otter lays support files in its image


def files(assignment: Assignment, course: Course, how: How) -> dict[str, Content]:
    """What is in the folder.

    Raises:
        UsageError: Hidden checks are not installed here, wheels cannot be had, or the roster cannot be read.
    """
    name, exercises = assignment.name, assignment.exercises_of(course)
    texts = Templates(how.templates, TEMPLATES, (README, TEST))
    grader = {f"{FOLDER}/{path}": content for path, content in beside(assignment, exercises, how).items()}
    wheels = [path for path in grader if path.endswith(".whl")]
    required = [f"-c {SUPPORT}/{FOLDER}/constraints.txt", *(f"{SUPPORT}/{path}" for path in wheels)]
    required += more_packages(exercises)
    made: dict[str, Content] = {
        "README.md": texts.render(README, {"name": name, "points": assignment.points, "folder": FOLDER}).encode(),
        f"{name}.ipynb": hand_out(assignment, course, None)[f"{name}.ipynb"],
        "otter_config.json": _config(assignment),
        "requirements.txt": "".join(f"{line}\n" for line in required).encode(),
    }
    for exercise in exercises:
        values = {"name": question(exercise.id), "points": exercise.points}
        made[f"tests/{question(exercise.id)}.py"] = texts.render(TEST, values).encode()
    return made | grader


def question(exercise: str) -> str:
    """Otter's name of an exercise's test, which is its file's, too: "ch07_corr2d"."""
    return re.sub("[^A-Za-z0-9_]", "_", exercise)


def _config(assignment: Assignment) -> bytes:
    """Otter itself shows hidden tests always or never; what is shown after the due date, the plugin decides."""
    config: dict[str, Any] = {"plugins": [PLUGIN], "show_hidden": True, "points_possible": assignment.points}
    return (json.dumps(config, indent=2, sort_keys=True) + "\n").encode()
