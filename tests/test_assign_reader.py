"""assignment.toml: what is wrong with it is found at once, with its line, and with the way out."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from cli_course import make_course
from d2l_kit.assign.reader import Inspection, inspect_assignment, parse_assignment, read_assignment
from d2l_kit.errors import UsageError

GOOD = """format = 1
name = "hw2"
title = "Second"
due = "2026-12-01 23:59"
zone = "Europe/Berlin"
seed = "secret"

[late]
grace_minutes = 15
percent = 7.5
until = "2026-12-08 23:59"

[[exercise]]
id = "ch07/corr2d"
points = 10

[[exercise]]
id = "ch08/vgg"
points = 20

[[extension]]
student = "ada"
due = "2026-12-03 23:59"
"""


def inspected(tmp_path: Path, text: str, **more: object) -> Inspection:
    return inspect_assignment(text, tmp_path / "assignment.toml", make_course(tmp_path / "course"), **more)  # type: ignore[arg-type]


def test_a_sound_assignment_is_read_exactly(tmp_path: Path) -> None:
    found = inspected(tmp_path, GOOD).assignment
    assert found is not None
    assert found.due == datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
    assert found.late.percent == Fraction(15, 2)
    assert found.points == 30
    assert found.due_for("ada") == datetime(2026, 12, 3, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "line", "told", "remedy"),
    [
        ('title = "Second"', 'titel = "Second"', 3, "unknown key 'titel'", "Did you mean 'title'?"),
        ("2026-12-01 23:59", "2026-12-01", 4, "day without a time", "2026-12-01 23:59"),
        ("2026-12-01 23:59", "2027-02-29 23:59", 4, "does not exist", "2027-02-28"),
        ("2026-12-01 23:59", "2026-10-25 02:30", 4, "occurs twice", "02:30+01:00"),
        ("2026-12-01 23:59", "2026-03-29 02:30", 4, "does not exist in Europe/Berlin", "2026-03-29 03:30+02:00"),
        ("Europe/Berlin", "europe/berlin", 5, "no time zone", "Europe/Berlin"),
        ('zone = "Europe/Berlin"', "", 4, "names no zone", "+01:00"),
        ("2026-12-08", "2026-11-08", 11, "before the due date", "Correct"),
        ("percent = 7.5", "percent = 107", 10, "at most 100", "Correct"),
        ("percent = 7.5", 'percent = "7"', 10, "must be a number", "Write"),
        ("ch07/corr2d", "ch07/cor2d", 14, "no exercise 'ch07/cor2d'", "ch07/corr2d"),
        ("ch08/vgg", "ch07/corr2d", 18, "listed twice; first in line 14", "out"),
        ("points = 20", "points = 0", 19, "above 0", "Correct"),
        ("points = 20", "", 17, "no points", "points = 10"),
        ('seed = "secret"', 'seed = "s"\ntotal = 100', 7, "add up to 30", "total = 30"),
        ("2026-12-03", "2026-11-03", 23, "before the due date", "gives time"),
        ("format = 1", "format = 2", 1, "reads format 1", "Update"),
        ('name = "hw2"', 'name = "Homework 2"', 2, "no name for an assignment", "hw2"),
        ("[late]", '[grading]\nconfinement = "namespace"\n[late]', 9, "no level", "namespaces"),
        ("[late]", '[show]\ndiagnoses = "after-due"\n[late]', 9, "not known", "after_due"),
        ('title = "Second"', "title = Second", 3, "not TOML", "quotes"),
    ],
)
def test_a_mistake_is_named_with_line_and_way_out(
    tmp_path: Path, old: str, new: str, line: int, told: str, remedy: str
) -> None:
    found = inspected(tmp_path, GOOD.replace(old, new, 1))
    assert found.assignment is None
    problem = next(each for each in found.problems if told in each.message)
    assert problem.line == line
    assert remedy in problem.remedy


def test_everything_wrong_is_said_at_once_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "assignment.toml"
    path.write_text(GOOD.replace("points = 20", "points = -1").replace("Europe", "Europa"), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_assignment(tmp_path, make_course(tmp_path / "course"))
    assert f"{path}:5:" in caught.value.message
    assert f"{path}:19:" in caught.value.message


def test_a_file_that_is_kept_elsewhere_does_not_need_its_roster(tmp_path: Path) -> None:
    text = GOOD.replace("zone", 'roster = "../roster.csv"\nzone', 1)
    path, course = tmp_path / "gone" / "assignment.toml", make_course(tmp_path / "course")
    with pytest.raises(UsageError, match="roster"):
        parse_assignment(text, path, course)
    assert parse_assignment(text, path, course, moved=True).roster == path.parent / "../roster.csv"


def test_an_extension_for_a_student_who_is_not_on_the_roster_is_named(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("id\nadam\n", encoding="utf-8")
    text = GOOD.replace("zone", 'roster = "roster.csv"\nzone', 1)
    found = inspected(tmp_path, text, ids_of=lambda path: {"adam"})
    assert [problem.line for problem in found.problems] == [23]
    assert "'adam'" in found.problems[0].remedy


def test_a_student_with_two_extensions_is_named(tmp_path: Path) -> None:
    found = inspected(tmp_path, GOOD + '[[extension]]\nstudent = "ada"\ndue = "2026-12-04 23:59"\n')
    assert "two extensions; the first is in line 22" in found.problems[0].message
    assert found.problems[0].line == 25


def test_a_due_date_in_the_past_is_only_a_warning(tmp_path: Path) -> None:
    found = inspected(tmp_path, GOOD, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert found.assignment is not None
    assert found.warnings[0].line == 4


def test_a_secret_seed_is_in_no_message(tmp_path: Path) -> None:
    found = inspected(tmp_path, GOOD.replace('seed = "secret"', "seed = 123456789"))
    assert found.problems
    assert "123456789" not in repr(found.problems)
