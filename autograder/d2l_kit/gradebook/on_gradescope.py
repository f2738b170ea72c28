"""One submission on Gradescope: from /autograder/submission to /autograder/results/results.json, whatever happens.

`run_autograder` has put a results.json there that says "did not finish". This process stays small, so that the system
ends others before it when memory runs out: it has `d2l-kit grade` do the work in a process of its own, looks at how
that ended, and replaces the file in one step. What went wrong with us is told to the student as such, without a
traceback; the details stand in a test that only instructors see, and in the log, which only they see, too.

Lateness counts from the moment that the metadata names, never from now: a rerun a week later is no later hand-in.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from d2l_kit.assign.model import ASSIGNMENT_FILE, Assignment
from d2l_kit.assign.reader import read_assignment
from d2l_kit.errors import KitError
from d2l_kit.gradebook.lateness import moment_text, penalty
from d2l_kit.gradebook.model import HandIn
from d2l_kit.gradebook.roster import read_roster
from d2l_kit.gradebook.single import OUR_FAULT, Failed, lists_hidden, report_of, told, worth_of_hidden
from d2l_kit.plugins import load_course
from d2l_kit.report import gradescope
from d2l_kit.report.model import Report, points_number, points_text
from d2l_kit.report.serial import layout
from d2l_kit.report.text import excerpt, one_line
from d2l_kit.report.view import StudentExercise, StudentReport
from d2l_kit.workspace.layout import WORKSPACE_FILE, WORKSPACE_FORMAT

ROOT = Path("/autograder")
DETAILS_LIMIT = 20_000  # characters of what instructors are told
NAME_LIMIT = 60  # characters of a student's name in a path, of four bytes at most
FULLY_CONFINED = ("landlock", "namespaces")

FOR_INSTRUCTORS = "For instructors: why the autograder failed"
NO_METADATA = "Gradescope's metadata {problem}: nothing is known of when this was handed in."
NOBODY = "student"

_LATE = "Handed in {at}, {note}."
_TAKEN_OFF = "{before} of {points} points become {after}."
_HIDDEN = "hidden checks"
_HIDDEN_TOLD = "How each of them ended is not shown."
_WEAK = "Graded at the level of confinement {level!r}, which is weaker than it should be: tell your instructor."


@dataclass(frozen=True)
class Metadata:
    """What Gradescope says of a submission.

    Attributes:
        student: The e-mail address, or the number, of who handed in; of a group, of the first in the alphabet.
        at: When it was handed in; None: nothing sound says so.
        attempt: From 1.
        problem: Why something is not known, "" if all is.
    """

    student: str = NOBODY
    at: datetime | None = None
    attempt: int = 1
    problem: str = ""


def main(root: Path = ROOT) -> int:
    """Grade what is in `root/submission`; 0 if results.json says what became of it."""
    try:
        document = graded(root)
    except Failed as failure:
        document = failed(root, failure.told, failure.details)
    except KitError as error:
        document = failed(root, OUR_FAULT, str(error))
    except Exception as error:  # the last resort: whatever it is, the student gets results that can be read
        document = failed(root, OUR_FAULT, f"{type(error).__name__}: {error}")
    why = _written(root, document)
    if why:  # what is short may yet find room; else there stays what says "did not finish"
        why = _written(root, failed(root, OUR_FAULT, why))
    return 1 if why else 0


def graded(root: Path) -> dict[str, Any]:
    """The results of a submission that could be graded.

    Raises:
        Failed: The kit gave no report.
        KitError: What lies beside the submission cannot be used.
    """
    metadata = read_metadata(root / "submission_metadata.json")
    assignment = read_assignment(root / "source" / ASSIGNMENT_FILE, load_course())
    with tempfile.TemporaryDirectory(prefix="d2l-kit-") as scratch:
        folder = Path(scratch) / _file_name(metadata.student)
        _copy(root / "submission", folder, assignment)
        report = report_of(folder, assignment, Path(scratch) / "out")
    hand_in = HandIn(report.submission, _on_roster(metadata.student, assignment.roster), metadata.attempt, metadata.at)
    return results(report, assignment, hand_in, metadata.problem)


def results(report: Report, assignment: Assignment, hand_in: HandIn, problem: str = "") -> dict[str, Any]:
    """A report in Gradescope's form, by the assignment's rules on lateness and on what is shown."""
    view = told(report, assignment, hand_in.student)
    document = gradescope.to_dict(view)
    if not lists_hidden(assignment, hand_in.student):
        document["tests"] = _without_hidden(view)
    lines = [document["output"]]
    late = penalty(assignment, hand_in)
    after = view.earned * (1 - late.percent / 100)
    if hand_in.at is not None and late.note:
        lines.append(_LATE.format(at=moment_text(hand_in.at, assignment.zone), note=late.note))
    if late.percent:
        before, points = points_text(view.earned), view.points
        lines.append(_TAKEN_OFF.format(before=before, points=points, after=points_text(after)))
    if problem:
        lines.append(NO_METADATA.format(problem=problem))
    if view.confinement not in FULLY_CONFINED:
        lines.append(_WEAK.format(level=view.confinement))
    extra = {"attempt": hand_in.attempt, "student": hand_in.student, "late_percent": points_number(late.percent)}
    document |= {"score": points_number(after), "output": "\n".join(lines)}
    document["extra_data"] |= extra
    return document


def failed(root: Path, said: str, details: str = "") -> dict[str, Any]:
    """The results of a submission that was not graded: nothing earned, and why."""
    document = _unfinished(root)
    document["output"] = said
    if details:
        document["tests"].append(
            {
                "name": FOR_INSTRUCTORS,
                "status": "failed",
                "visibility": "hidden",
                "output": excerpt(details[-DETAILS_LIMIT:], DETAILS_LIMIT),
            }
        )
    return document


def read_metadata(path: Path) -> Metadata:
    """What can be used of the metadata; what is missing, or of a form that is not known, is said and not guessed."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Metadata(problem="is missing")
    except (OSError, ValueError, RecursionError):
        return Metadata(problem="cannot be read")
    if not isinstance(found, dict):
        return Metadata(problem="is of an unknown form")
    at = _moment(found.get("created_at"))
    previous = found.get("previous_submissions")
    return Metadata(
        student=who(found.get("users")),
        at=at,
        attempt=1 + len(previous) if isinstance(previous, list) else 1,
        problem="" if at else "names no time that can be read",
    )


def write(root: Path, document: Mapping[str, Any]) -> None:
    """Put results.json in place, whole or not at all."""
    path = root / "results" / "results.json"
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(layout(document) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _written(root: Path, document: Mapping[str, Any]) -> str:
    """Why results.json could not be written, "" if it could."""
    try:
        write(root, document)
    except OSError as error:
        why = f"results.json cannot be written: {error.strerror}"
        print(why, file=sys.stderr)
        return why
    return ""


def who(users: Any) -> str:
    """Whom Gradescope's metadata name. Of a group it must be the same one at each attempt, or hidden checks would draw
    other inputs."""
    people = [user for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    for key in ("email", "id"):
        names = [str(user[key]) for user in people if isinstance(user.get(key), (str, int)) and str(user[key]).strip()]
        if names:
            return one_line(min(names))
    return NOBODY


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None


def _file_name(student: str) -> str:
    return student.replace("/", "_").strip(". ")[:NAME_LIMIT] or NOBODY


def _on_roster(student: str, roster: Path | None) -> str:
    """The roster's id of who has that address; extensions are given by it."""
    if roster is None:
        return student
    same = (
        each.id for each in read_roster(roster) if student.casefold() in (each.email.casefold(), each.id.casefold())
    )
    return next(same, student)


def _copy(submission: Path, folder: Path, assignment: Assignment) -> None:
    """What was handed in, under its student's name, marked as one submission to this assignment.

    Links are copied as links, which the kit refuses: none of them is followed here, as root.
    """
    try:
        shutil.copytree(submission, folder, symlinks=True)
    except (shutil.Error, OSError) as error:
        raise Failed(OUR_FAULT, f"the submission cannot be copied: {error}") from error
    mark = folder / WORKSPACE_FILE
    if not mark.exists() and not mark.is_symlink():
        mark.write_text(f'format = {WORKSPACE_FORMAT}\nassignment = "{assignment.name}"\n', encoding="utf-8")


def _without_hidden(view: StudentReport) -> list[dict[str, Any]]:
    """Tests of the public checks, and for each exercise what its hidden ones are worth together."""
    public = [replace(each, checks=tuple(c for c in each.checks if not c.hidden)) for each in view.exercises]
    tests: list[dict[str, Any]] = gradescope.to_dict(replace(view, exercises=tuple(public)))["tests"]
    return tests + [
        _together(number, each)
        for number, each in enumerate(view.exercises, start=1)
        if any(c.hidden for c in each.checks)
    ]


def _together(number: int, exercise: StudentExercise) -> dict[str, Any]:
    earned, most = worth_of_hidden(exercise)
    return {
        "number": f"{number}.{len(exercise.checks)}",
        "name": one_line(f"{exercise.title or exercise.id}: {_HIDDEN}"),
        "score": points_number(earned),
        "max_score": points_number(most),
        "status": "passed" if earned == most else "failed",
        "output": _HIDDEN_TOLD,
    }


def _unfinished(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "source" / "unfinished.json").read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
