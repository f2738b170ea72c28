"""A class of 200, and a gradebook of 1,000: what grading, listing and exporting cost."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from d2l_kit.gradebook.model import HandIn, Student
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.plugins import load_course
from d2l_kit.report.serial import from_json
from measure import HERE, KIT, Line, cost, cpu, solved, wall

# Checks of some 20 ms, where starting a worker weighs most, and of some 200 ms.
QUICK, LONGER = "corr2d", "learn_kernel"
SIZES = (50, 100, 200)
REPORTS = 1000
SECONDS = 2.0
TABLES = ("csv", "json", "nbgrader", "otter", "gradescope")


def a_class(folder: Path) -> Iterator[Line]:
    """200 submissions against the same checks in one process; two workers against one; growth with the class."""
    folder.mkdir()
    for exercise in (QUICK, LONGER):
        for size in SIZES:
            for number in range(size):
                solved(folder / exercise / str(size) / f"student{number:03d}", (exercise,))
    one = {size: _graded(folder / QUICK / str(size), 1, QUICK) for size in SIZES[:-1]}
    for exercise in (QUICK, LONGER):
        whole = folder / exercise / str(SIZES[-1])
        bare = cpu([sys.executable, str(HERE / "in_process.py"), str(whole), exercise])
        ours, two = _graded(whole, 1, exercise), _graded(whole, 2, exercise)
        note = f"{ours[0]:.1f} s against {bare:.1f} s of CPU"
        yield Line(f"{exercise}, class of {SIZES[-1]} / in one process", ours[0] / bare, 1.25, "x", note)
        note = f"{ours[1]:.1f} s and {two[1]:.1f} s by the clock; {two[2]}"
        yield Line(f"{exercise}, two workers / one", ours[1] / two[1], 1.8, "x", note, least=True)
        if exercise == QUICK:
            one[SIZES[-1]] = ours
    early = (one[100][0] - one[50][0]) / 50
    late = (one[200][0] - one[100][0]) / 100
    note = f"{1000 * early:.0f} ms of CPU for each of 51 to 100, {1000 * late:.0f} ms for each of 101 to 200"
    yield Line(f"{QUICK}, a submission of the second 100 / of the second 50", late / early, 1.1, "x", note)


def a_gradebook(folder: Path) -> Iterator[Line]:
    """Listing, exporting and drawing 1,000 reports."""
    solved(folder / "class" / "student", (QUICK,))
    _graded(folder / "class", 1, QUICK)
    book = folder / "graded" / "gradebook.sqlite"
    students = tuple(Student(f"s{n:04d}", f"Name{n}, Given", f"s{n:04d}@example.org") for n in range(REPORTS))
    _multiply(book, students)
    sheets = _sheets(folder, students)
    commands = {
        "show": ["show"],
        **{f"export {name}": ["export", "--format", name, "-o", str(folder / name)] for name in TABLES},
        **{
            f"export {name}": ["export", "--format", name, "--sheet", str(sheet), *more, "-o", str(folder / name)]
            for name, sheet, more in sheets
        },
        "page": ["page", "-o", str(folder / "class.html")],
    }
    for name, words in commands.items():
        seconds = wall([*KIT, "gradebook", *words, "--gradebook", str(book)])
        yield Line(f"gradebook {name}, {REPORTS:,} reports", seconds, SECONDS, "s")


def _graded(folder: Path, jobs: int, exercise: str) -> tuple[float, float, str]:
    """CPU and clock of grading a class folder, and the line about memory."""
    out = folder.with_name("graded" if folder.name == "class" else f"graded-{folder.name}-{jobs}")
    words = ["--exercises", exercise, "--out", str(out), "--seed", "bench", "--allow-weaker", "-n", str(jobs)]
    seconds, clock, said = cost([*KIT, "grade", str(folder), *words])
    memory = next((line for line in said.splitlines() if line.startswith("memory:")), "")
    return seconds, clock, memory


def _multiply(book: Path, students: tuple[Student, ...]) -> None:
    """Give each student a report like the one that is there."""
    exercises = load_course().select([QUICK])
    text = next((book.parent / "reports").glob("*.json")).read_text(encoding="utf-8")
    made = from_json(text)
    with Gradebook.open(book) as store:
        store.remember(None, "", exercises, students, None)
        run = store.begin_run("", "benchmark")
        for student in students:
            report = replace(made, submission=student.id, student=student.id, digest=student.id)
            store.put(run, "", HandIn(student.id, student.id), report)
        store.end_run(run)


def _sheets(folder: Path, students: tuple[Student, ...]) -> list[tuple[str, Path, list[str]]]:
    """Downloaded sheets of Canvas and Moodle with these students, and what says which column to fill."""
    canvas, moodle = folder / "canvas.csv", folder / "moodle.csv"
    with canvas.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Student", "ID", "SIS Login ID", "Section", "Assignment (1)"])
        rows.writerows([student.name, student.id, student.email, "A", ""] for student in students)
    with moodle.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Identifier", "Full name", "Email address", "Grade", "Last modified (grade)"])
        rows.writerows(
            [f"Participant {number}", student.name, student.email, "", "-"] for number, student in enumerate(students)
        )
    return [("canvas", canvas, ["--column", "Assignment (1)"]), ("moodle", moodle, [])]
