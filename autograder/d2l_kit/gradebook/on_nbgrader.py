"""nbgrader's step that runs a notebook, replaced for the kit's assignments: the kit grades, nbgrader keeps the scores.

nbgrader runs what a student handed in and the cells that test it in one kernel, so the student's code can answer for
the tests. For an assignment of the kit no cell is run at all: the notebook goes to `d2l-kit grade`, and what its report
says of an exercise becomes the output of that exercise's test cell, as if the cell had said it. Everything behind that
step is nbgrader's own: scores, penalties, feedback. Other notebooks of the course are run as ever.

In `nbgrader_config.py`:

    from d2l_kit.gradebook.on_nbgrader import install
    install(get_config())

An assignment is known by its folder: `d2l-kit/ASSIGNMENT/assignment.toml` below the course's. It lies there rather
than in `source/ASSIGNMENT`, since nbgrader hands everything in that to the students.
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.converters.autograde import Autograde
from nbgrader.preprocessors import Execute
from traitlets import Unicode

from d2l_kit.assign.exports.nbgrader import FOLDER, cell_id, grade_metadata
from d2l_kit.assign.model import ASSIGNMENT_FILE
from d2l_kit.assign.reader import read_assignment
from d2l_kit.gradebook.single import in_words, lists_hidden, report_of, told
from d2l_kit.plugins import load_course

_GONE = "The cell that tests {exercise} was deleted from the notebook; it is graded all the same."


class Judge(Execute):
    """Puts the kit's verdicts into an assignment's notebook; runs any other as nbgrader does."""

    assignments = Unicode(FOLDER, help="Folder of the course with the kit's assignments.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any, **more: Any) -> tuple[Any, Any]:
        """Give each test cell of an assignment its score and what is said of it.

        Raises:
            d2l_kit.gradebook.single.Failed: The kit gave no report; nbgrader then keeps no score.
        """
        names = resources["nbgrader"]
        file = Path(self.parent.parent.coursedir.root) / self.assignments / names["assignment"] / ASSIGNMENT_FILE
        if not file.is_file():
            ran: tuple[Any, Any] = super().preprocess(nb, resources, **more)
            return ran
        assignment, student = read_assignment(file, load_course()), str(names["student"])
        with tempfile.TemporaryDirectory(prefix="d2l-kit-") as scratch:
            submission = Path(scratch) / f"{student.replace('/', '_')}.ipynb"
            nbformat.write(nb, submission)  # type: ignore[no-untyped-call]
            report = report_of(submission, assignment, Path(scratch) / "out")
        hidden = lists_hidden(assignment, student)
        cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in nb.cells}
        for exercise in told(report, assignment, student).exercises:
            cell = cells.get(cell_id("test", exercise.id))
            if cell is None:
                self.log.warning(_GONE.format(exercise=exercise.id))
                cell = _test_cell(exercise.id, exercise.points)
                nb.cells.append(cell)
            earned = exercise.earned * Fraction(str(cell.metadata.nbgrader.points)) / exercise.points
            cell.execution_count = 1
            cell.outputs = _outputs(in_words(exercise, hidden), earned)
        return nb, resources


def install(config: Any) -> None:
    """Have nbgrader grade the kit's assignments by the kit, in the place where it would run the notebook."""
    steps = Autograde.class_traits()["autograde_preprocessors"].default()
    config.Autograde.autograde_preprocessors = [Judge if step is Execute else step for step in steps]


def _outputs(words: str, points: Fraction) -> list[Any]:
    """What nbgrader reads as a score: the value of the cell's last line."""
    score = {"text/plain": f"{float(points):.10g}"}
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": f"{words}\n"},
        {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": score},
    ]
    return [nbformat.from_dict(each) for each in outputs]  # type: ignore[no-untyped-call]


def _test_cell(exercise: str, points: int) -> Any:
    cell = {
        "cell_type": "code",
        "id": cell_id("test", exercise),
        "metadata": {"nbgrader": grade_metadata(exercise, points)},
        "source": "",
    }
    return nbformat.from_dict(cell)  # type: ignore[no-untyped-call]
