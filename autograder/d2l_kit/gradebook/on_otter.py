"""A plugin of Otter-Grader by which the kit grades its own assignments: otter collects and shows, the kit judges.

Otter runs what a student handed in and the tests in one kernel, whose own word is then the score. With this plugin no
cell of the student's is run: before that the notebook is emptied and what else was handed in is put out of the kernel's
reach; behind it each test's outcome is replaced by what `d2l-kit grade` found. Should the plugin be missing, or the kit
give no report, the tests fail or otter ends with an error; nobody is given points for that.

`otter_config.json` names it: {"plugins": ["d2l_kit.gradebook.on_otter.Judge"]}.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from otter.plugins import AbstractOtterPlugin
from otter.test_files.abstract_test import TestCase, TestCaseResult

from d2l_kit.assign.exports.otter import FOLDER, question
from d2l_kit.assign.model import ASSIGNMENT_FILE, Assignment
from d2l_kit.assign.reader import read_assignment
from d2l_kit.gradebook.on_gradescope import NOBODY, who
from d2l_kit.gradebook.single import in_words, lists_hidden, report_of, told
from d2l_kit.plugins import load_course
from d2l_kit.report.model import Report, Status
from d2l_kit.report.view import StudentCheck, StudentExercise

TESTS = "tests"  # otter's own, laid beside the submission


class Judge(AbstractOtterPlugin):
    """Grades before the notebook would be run, and tells otter the outcome when it has looked at its tests."""

    report: Report
    assignment: Assignment
    student: str

    def before_grading(self, config: Any) -> None:
        """Grade what was handed in.

        Raises:
            d2l_kit.gradebook.single.Failed: The kit gave no report; otter ends without a score.
        """
        submission = Path(self.submission_path)
        self.assignment = read_assignment(
            submission.parent.parent / "source" / "files" / FOLDER / ASSIGNMENT_FILE, load_course()
        )
        self.student = who(self.submission_metadata.get("users")) if self.submission_metadata else submission.stem
        with tempfile.TemporaryDirectory(prefix="d2l-kit-") as scratch:
            mine = Path(scratch) / (self.student.replace("/", "_").strip(". ") or NOBODY)
            mine.mkdir()
            shutil.copy(submission, mine)
            self.report = report_of(mine, self.assignment, Path(scratch) / "out")
        for entry in submission.parent.iterdir():
            # The kernel looks for modules here first: one of the student's must not take the place of otter's.
            if entry != submission and entry.name != TESTS:
                _remove(entry)

    def before_execution(self, submission: Any) -> Any:
        """Nothing is left to be run."""
        submission["cells"] = []
        return submission

    def after_grading(self, results: Any) -> None:
        """Replace what the tests gave by what the kit found."""
        hidden = lists_hidden(self.assignment, self.student)
        exercises = told(self.report, self.assignment, self.student).exercises
        for exercise in exercises:
            test = results.results[question(exercise.id)]
            outcomes = [_outcome(check) for check in exercise.checks] if hidden else [_together(exercise)]
            test.test_cases = [outcome.test_case for outcome in outcomes]
            test.test_case_results = outcomes
            results.update_score(test.name, float(exercise.earned))
        results.set_output("\n\n".join(filter(None, (in_words(each, hidden) for each in exercises))))


def _outcome(check: StudentCheck) -> Any:
    case = TestCase(
        name=check.title or check.name,
        body="",
        hidden=check.hidden,
        points=float(check.points),
        success_message=None,
        failure_message=None,
    )
    passed = check.status is Status.PASSED
    message = None if passed else check.message or check.status.value
    return TestCaseResult(test_case=case, message=message, passed=passed)


def _together(exercise: StudentExercise) -> Any:
    """All checks of an exercise as one outcome, where how the hidden ones ended is not shown."""
    case = TestCase(
        name=exercise.title or exercise.id,
        body="",
        hidden=False,
        points=float(exercise.points),
        success_message=None,
        failure_message=None,
    )
    words = in_words(exercise, hidden=False)
    return TestCaseResult(test_case=case, message=words, passed=exercise.earned == exercise.points)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
