"""Rosters, times, and whose each submission is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from d2l_kit.errors import UsageError
from d2l_kit.gradebook.model import Student
from d2l_kit.gradebook.roster import match, read_roster
from d2l_kit.gradebook.times import Times, read_times
from d2l_kit.submission import ClassEntry, Told

ADA = Student("101", "Ada Lovelace", "ada@example.edu", "A")
ALAN = Student("102", "Turing, Alan", "alan@example.edu", "B", {"github": "aturing"})
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,HW1 (77),Final Score
,,,,,Manual Posting,
    Points Possible,,,,,20,(read only)
"Lovelace, Ada",4711,101,ada,"Deep Learning, A",17,85
"Turing, Alan",4712,102,alan,B,,
"Student, Test",4799,,x,B,,
"""
MOODLE = """\ufeffID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung
Teilnehmer/in11,Ada Lovelace,ada@example.edu,Abgegeben,
Teilnehmer/in12,Alan Turing,alan@example.edu,Abgegeben,
"""
GRADESCOPE = """First Name,Last Name,SID,Email,Sections,Total Score,Submission Time
Ada,Lovelace,101,ada@example.edu,A,10,2026-11-20 10:00:00 -0800
Alan,Turing,102,alan@example.edu,B,,
"""


@pytest.mark.parametrize(
    "text",
    [
        'id,name,email,section\n101,"Lovelace, Ada",ada@example.edu,A\n',
        "\ufeffStudent ID;First name;Surname;E-mail;Section\r\n101;Ada;Lovelace;ada@example.edu;A\r\n",
        "sep=;\nMatrikelnummer;Name;Mail;Gruppe\n101;Lovelace, Ada;ada@example.edu;A\n",
        "SID\tName\tEmail Address\tSections\n\n 101 \tAda  Lovelace\tada@example.edu\tA\n",
    ],
)
def test_rosters_of_many_shapes_say_the_same(tmp_path: Path, text: str) -> None:
    (student,) = read_roster(_file(tmp_path, text))
    assert (student.id, student.email, student.section) == ("101", "ada@example.edu", "A")
    assert student.name in ("Lovelace, Ada", "Ada Lovelace")


def test_umlauts_are_one_character_and_extra_columns_are_keys(tmp_path: Path) -> None:
    (student,) = read_roster(_file(tmp_path, "id,name,GitHub user\n7,Ju\u0308rgen,jm\n"))
    assert student.name == "Jürgen"
    assert student.keys == {"github_user": "jm"}


def test_platforms_downloads_are_rosters(tmp_path: Path) -> None:
    ada, alan = read_roster(_file(tmp_path, CANVAS))
    assert (ada.id, ada.name, ada.section) == ("101", "Lovelace, Ada", "Deep Learning, A")
    assert alan.keys == {"canvas_id": "4712", "sis_user_id": "102", "login": "alan"}
    ada, alan = read_roster(_file(tmp_path, MOODLE))
    assert (ada.name, ada.keys["moodle_id"]) == ("Ada Lovelace", "11")
    ada, alan = read_roster(_file(tmp_path, GRADESCOPE))
    assert (ada.id, ada.name, ada.keys) == ("101", "Ada Lovelace", {"sid": "101"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "roster.csv is empty"),
        ("id,name".encode("utf-16"), "is UTF-16"),
        (b"PK\x03\x04", "is a workbook"),
        ("id,name\n1,Jürgen".encode("cp1252"), "roster.csv:2: this is not UTF-8"),
        (b"101,Ada\n", "roster.csv:1: the first line is no header: 101, Ada"),
        (b"id,name\n,Ada\n", "roster.csv:2: the id is empty"),
        (b"id,name\n1,A\n2,B\n1,C\n", "roster.csv:4: the id 1 is also that of line 2"),
        (b"id,name\n1,Lovelace, Ada\n", "roster.csv:2: 3 cells, but the header has 2"),
        (b'id,name\n1,"Ada\n', "roster.csv:2: a quote is opened and not closed"),
        (b"id,name\n1.23E+07,A\n", "roster.csv:2: the id 1.23E+07 was shortened by a spreadsheet"),
        (b"name,email\nAda,a@b.c\n", "roster.csv:1: there is no column of ids among name, email"),
        (b"id,name\n", "names no student"),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused_with_line_and_remedy(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_roster(path)
    assert message in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize(
    "entry",
    ["101", "hw2-101", "ADA@example.edu", "Ada Lovelace", "lovelace_ada", "Lovelace, Ada"],
)
def test_a_submission_is_matched_by_id_mail_or_name(entry: str) -> None:
    found = match([_entry(entry)], [ADA, ALAN], Times(), prefix="hw2-")
    assert found.hand_ins[entry].student == "101"
    assert found.missing == (ALAN,)


def test_a_login_in_a_column_of_its_own_is_matched() -> None:
    assert match([_entry("hw2-aturing")], [ADA, ALAN], Times(), prefix="hw2-").hand_ins["hw2-aturing"].student == "102"


def test_who_is_ambiguous_or_unknown_is_listed_and_never_guessed() -> None:
    twins = [Student("1", "Kim Lee"), Student("2", "Lee Kim")]
    found = match([_entry("Kim Lee"), _entry("mallory")], twins, Times())
    assert found.strangers == ("Kim Lee", "mallory")
    assert {hand_in.student for hand_in in found.hand_ins.values()} == {"Kim Lee", "mallory"}
    assert "may be the work of any of 1, 2" in found.notes[0]
    assert [student.id for student in found.missing] == ["1", "2"]


def test_a_platforms_number_is_no_id_unless_the_name_agrees() -> None:
    told = Told(("101", "hoppergrace"), key="canvas_id", platform="Canvas")
    assert match([_entry("hoppergrace_101", told)], [ADA], Times()).strangers == ("hoppergrace_101",)
    told = Told(("4711", "lovelaceada"), key="canvas_id", platform="Canvas")
    assert match([_entry("lovelaceada_4711", told)], [ADA], Times()).hand_ins["lovelaceada_4711"].student == "101"
    known = Student("101", "Ada Lovelace", keys={"canvas_id": "9"})
    assert match([_entry("lovelaceada_4711", told)], [known], Times()).strangers == ("lovelaceada_4711",)


def test_two_submissions_of_one_student_are_attempts_only_if_their_order_is_known() -> None:
    entries = [_entry("101"), _entry("Ada Lovelace"), _entry("102")]
    found = match(entries, [ADA, ALAN], Times())
    assert list(found.hand_ins) == ["102"]
    assert "101, Ada Lovelace are all by 101" in found.refused[0]
    assert not found.missing
    times = Times({"101": _at(21), "Ada Lovelace": _at(20)}, "times.csv")
    found = match(entries, [ADA, ALAN], times)
    assert {name: each.attempt for name, each in found.hand_ins.items()} == {"101": 2, "Ada Lovelace": 1, "102": 1}
    assert found.hand_ins["101"].at == _at(21)
    assert found.hand_ins["101"].source == "times.csv"


def test_attempts_of_a_platform_are_in_its_order_also_without_a_roster() -> None:
    entries = [
        _entry("x_1-2", Told(("1",), serial=900, attempt=1, marked_late=True, person="x_1")),
        _entry("x_1", Told(("1",), serial=80, attempt=1, person="x_1")),
    ]
    found = match(entries, (), Times())
    assert {name: (each.student, each.attempt) for name, each in found.hand_ins.items()} == {
        "x_1-2": ("x_1", 2),
        "x_1": ("x_1", 1),
    }
    assert found.hand_ins["x_1-2"].marked_late


def test_times_are_read_with_an_offset_or_in_the_assignments_zone(tmp_path: Path) -> None:
    text = "submission,handed_in\nada,2026-11-20 10:00:00+01:00\nben,2026-11-20T10:00\ncleo,\n"
    times = read_times(_file(tmp_path, text), "Europe/Berlin")
    assert times.of("ada") == times.of("nobody", "ben") == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert times.of("cleo") is None
    assert read_times(_file(tmp_path, GRADESCOPE)).of("101") == datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "zone", "message"),
    [
        ("2026-11-20 10:00", None, "has no offset"),
        ("2026-11-20", "Europe/Berlin", "a date without a time"),
        ("20.11.2026 10:00", "Europe/Berlin", "no time that can be read"),
        ("2026-10-25 02:30", "Europe/Berlin", 'Write "2026-10-25 02:30+02:00" for the earlier one'),
        ("2026-03-29 02:30", "Europe/Berlin", 'Write "2026-03-29 01:30+01:00" or "2026-03-29 03:30+02:00"'),
    ],
)
def test_a_time_that_means_nothing_certain_is_refused(
    tmp_path: Path, time: str, zone: str | None, message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read_times(_file(tmp_path, f"student,handed_in\nada,{time}\n"), zone)
    assert message in refused.value.message
    assert "roster.csv:2" in refused.value.message


def test_a_times_file_that_names_nobody_here_says_so() -> None:
    found = match([_entry("101")], [ADA], Times({"zoe": _at(20)}, "times.csv"))
    assert found.notes == ("times.csv names nobody who is here: zoe.",)


def _entry(name: str, told: Told | None = None) -> ClassEntry:
    return ClassEntry(name, Path(name), told or Told())


def _at(day: int) -> datetime:
    return datetime(2026, 11, day, 9, tzinfo=UTC)


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("header", ["id", "Student ID", "identifier", "login"])
def test_ids_of_a_letter_and_a_number_are_no_participants_of_moodle(tmp_path: Path, header: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(f"{header},name,email\ns1,Ada,ada@school.example\ns2,Ben,ben@school.example\n", encoding="utf-8")
    assert [(student.id, student.name) for student in read_roster(path)] == [("s1", "Ada"), ("s2", "Ben")]
