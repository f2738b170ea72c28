"""One submission for a platform that grades each for itself: graded by a process of the kit's own, and as told.

Whoever asks stays small and never shares a process with the grader, which pytest and torch are loaded into, nor with
the student's code. What went wrong with us is no grade: it is raised, with what a student may be told of it.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from d2l_kit.assign.model import Assignment
from d2l_kit.errors import EXIT_USAGE
from d2l_kit.gradebook.pages.feedback import is_shown
from d2l_kit.report.model import Report, Status, points_text
from d2l_kit.report.serial import from_json
from d2l_kit.report.terminal import render_exercise
from d2l_kit.report.view import StudentExercise, StudentReport, student_view

OUR_FAULT = (
    "The autograder failed. That says nothing about your work, and the 0 is no grade: tell your instructor, who sees "
    "why and can run it again."
)
KILLED = (
    "The autograder was stopped while it graded, most likely as memory ran out. If your code needs much memory, hand "
    "in a version that needs less; else tell your instructor."
)
REFUSED = "Your submission could not be graded:"

_NOT_GRADED = "note: not graded: "
_HIDDEN = "Hidden checks: {earned} of {most} points. How each of them ended is not shown."


class Failed(Exception):
    """The kit gave no report.

    Args:
        told: What the student is told.
        details: What instructors are told.
    """

    def __init__(self, told: str, details: str = "") -> None:
        super().__init__(told)
        self.told = told
        self.details = details

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.told, self.details)))


def report_of(submission: Path, assignment: Assignment, out: Path) -> Report:
    """Have the kit grade a folder or file, which is named as its student is; -P: it imports nothing from where it runs.

    A container seldom has the level that grading demands. Where the assignment demands none of its own, the best there
    is will do; which it was is in the report.

    Raises:
        Failed: There is no report; nothing is said about the work.
    """
    command = [sys.executable, "-P", "-m", "d2l_kit", "grade", str(submission), "--assignment", str(assignment.path)]
    command += ["--out", str(out), "--jobs", "1", *([] if assignment.confinement else ["--allow-weaker"])]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    print(run.stdout, run.stderr, sep="\n", flush=True)
    reports = sorted((out / "reports").glob("*.json"))
    if run.returncode == 0 and len(reports) == 1:
        return from_json(reports[0].read_text(encoding="utf-8"), reports[0].name)
    details = f"d2l-kit grade ended with {run.returncode}\n{run.stderr}"
    if run.returncode < 0:
        raise Failed(KILLED, details)
    refused = [line.removeprefix(_NOT_GRADED) for line in run.stderr.splitlines() if line.startswith(_NOT_GRADED)]
    if run.returncode == EXIT_USAGE and refused:
        raise Failed("\n".join([REFUSED, *refused]))
    raise Failed(OUR_FAULT, details)


def told(report: Report, assignment: Assignment, student: str) -> StudentReport:
    """What the student may see of it now, by the assignment's rules on diagnoses."""
    shows = is_shown(assignment.diagnoses, assignment.due_for(student), datetime.now(UTC))
    return student_view(report, show_diagnosis=shows)


def lists_hidden(assignment: Assignment, student: str) -> bool:
    """Whether the student may see now how each hidden check ended."""
    return is_shown(assignment.hidden_checks, assignment.due_for(student), datetime.now(UTC))


def in_words(exercise: StudentExercise, hidden: bool) -> str:
    """An exercise for a plain text: all of its checks, or the public ones and what the hidden ones gave together."""
    if hidden or not any(check.hidden for check in exercise.checks):
        return render_exercise(exercise)
    public = replace(exercise, checks=tuple(check for check in exercise.checks if not check.hidden))
    earned, most = worth_of_hidden(exercise)
    return "\n".join([render_exercise(public), _HIDDEN.format(earned=points_text(earned), most=points_text(most))])


def worth_of_hidden(exercise: StudentExercise) -> tuple[Fraction, Fraction]:
    """What the hidden checks of an exercise gave together, and the most that they can give."""
    checks = [check for check in exercise.checks if check.hidden]
    earned = sum((check.points for check in checks if check.status is Status.PASSED), Fraction(0))
    return earned, sum((check.points for check in checks), Fraction(0))
