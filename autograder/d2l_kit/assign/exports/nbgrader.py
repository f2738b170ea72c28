"""`--to nbgrader`: an assignment's source notebook with nbgrader's metadata, and what has the kit grade it there.

Format: https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html. The folder is laid out as a course:
`source/ASSIGNMENT/ASSIGNMENT.ipynb` for `nbgrader generate_assignment`, `d2l-kit/ASSIGNMENT/` with seed and roster,
and a `nbgrader_config.py` with the two lines that an existing course needs. Nobody's solution is in the notebook: where
the stub raises, nbgrader's marks of a solution stand around that line.
"""

from __future__ import annotations

import json
import re
from typing import Any

from d2l_kit.assign._templates import Templates
from d2l_kit.assign.build import hand_out
from d2l_kit.assign.exports import Content, How
from d2l_kit.assign.exports._graders import assignment_files
from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Course
from d2l_kit.submission._cells import METADATA

FOLDER = "d2l-kit"  # in the course's folder, beside `source`
TEMPLATES = "nbgrader"
CONFIG = "nbgrader_config.py.j2"
README = "README.md.j2"
SCHEMA = 3

_STILL_RUN = """

# nbgrader itself never runs this cell: see nbgrader_config.py. Should it, nothing may be earned by that.
import os

if os.environ.get("NBGRADER_EXECUTION") == "autograde":
    raise RuntimeError("Not graded: nbgrader_config.py lacks d2l_kit.gradebook.on_nbgrader.install(get_config()).")
"""
_RAISES = re.compile(r"^([ \t]+)(raise NotImplementedError\b.*)$", re.MULTILINE)
_MARKED = r"\1### BEGIN SOLUTION\n\1\2\n\1### END SOLUTION"


def files(assignment: Assignment, course: Course, how: How) -> dict[str, Content]:
    """What is in the folder.

    Raises:
        UsageError: The roster cannot be read.
    """
    name = assignment.name
    texts = Templates(how.templates, TEMPLATES, (CONFIG, README))
    values = {"name": name, "points": assignment.points}
    made: dict[str, Content] = {
        "README.md": texts.render(README, values).encode(),
        "nbgrader_config.py": texts.render(CONFIG, values).encode(),
        f"source/{name}/{name}.ipynb": _source(assignment, course),
    }
    return made | {f"{FOLDER}/{name}/{path}": content for path, content in assignment_files(assignment).items()}


def cell_id(what: str, exercise: str) -> str:
    """nbgrader's id of a cell: letters, digits, dashes and underscores."""
    return f"{what}-{re.sub('[^A-Za-z0-9_-]', '-', exercise)}"


def grade_metadata(exercise: str, points: int) -> dict[str, Any]:
    """nbgrader's metadata of the cell that an exercise's points come from."""
    return _metadata(cell_id("test", exercise), grade=True, locked=True) | {"points": points}


def _source(assignment: Assignment, course: Course) -> bytes:
    points = {each.id: each.points for each in assignment.exercises}
    document = json.loads(hand_out(assignment, course)[f"{assignment.name}.ipynb"])
    exercise = ""
    for cell in document["cells"]:
        metadata, source = cell["metadata"], "".join(cell["source"])
        if METADATA in metadata:
            exercise = metadata[METADATA]["exercise"]
            marked = _RAISES.sub(_MARKED, source)
            # nbgrader empties a solution cell without marks, and a program to be mended is to be handed out as it is.
            if marked != source:
                source = marked
                metadata["nbgrader"] = _metadata(cell_id("answer", exercise), solution=True)
        elif cell["cell_type"] == "code":
            source += _STILL_RUN
            metadata["nbgrader"] = grade_metadata(exercise, points[exercise])
        else:
            metadata["nbgrader"] = _metadata(cell_id("text", cell["id"]), locked=True)
        cell["source"] = source.splitlines(keepends=True)
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _metadata(grade_id: str, *, grade: bool = False, locked: bool = False, solution: bool = False) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA,
        "grade_id": grade_id,
        "grade": grade,
        "locked": locked,
        "solution": solution,
        "task": False,
    }
