"""Exports: a downloaded sheet comes back as it was but for the grades; every table can be read again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from d2l_kit.assign.model import AssignedExercise, Assignment
from d2l_kit.cli import main
from d2l_kit.cli.gradebook_export import write
from d2l_kit.errors import UnknownName, UsageError
from d2l_kit.gradebook.exports._sheet import parse_sheet
from d2l_kit.gradebook.exports.formats import EXPORTERS, export
from d2l_kit.gradebook.exports.model import Exported, Wanted
from d2l_kit.gradebook.model import (
    Adjustment,
    ClassBook,
    Comment,
    HandIn,
    Penalty,
    Result,
    Standing,
    State,
    Stored,
    Student,
)
from d2l_kit.report.model import ExerciseStatus
from d2l_kit.report.text import defused
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)
EXERCISES = {"ch07/corr2d": 12, "ch07/pool2d": 8}
FORMULA = '=HYPERLINK("http://evil","x")'

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,HW1 (41),Homework 2 (42),Current Score\r\n"
    ",,,,,,Manual Posting,\r\n"
    "    Points Possible,,,,,10,20,(read only)\r\n"
    '"Lovelace, Ada",9001,1001,ada@uni.de,"A, early",7,,71.00\r\n'
    '"O\'Neill, Bén",9002,1002,ben,A,,3.5,\r\n'
    "Drew,9004,1004,dan,B,,N/A,\r\n"
    "Else,9009,1009,else,B,5,6,\r\n"
    '"Student, Test",9999,,deadbeef,B,,,\r\n'
)
MOODLE_DE = (
    "\ufeffID,Vollständiger Name,ID-Nummer,E-Mail-Adresse,Status,Bewertung,Bestwertung,"
    "Bewertung kann geändert werden,Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar\n"
    'Teilnehmer/in501,Ada Lovelace,1001,ADA@uni.de,Zur Bewertung abgegeben,,"20,00",Ja,"1. Dezember 2026, 10:15",-,\n'
    'Teilnehmer/in502,"Bén O\'Neill",1002,ben@uni.de,"zwei\nZeilen","3,50","20,00",Ja,-,"2. Dez. 2026, 10:15","alt"\n'
    'Teilnehmer/in503,Cy Ohne,1003,cy@uni.de,,,"20,00",Ja,-,-,\n'
    'Teilnehmer/in504,Dan Drew,1004,dan@uni.de,,,"20,00",Nein,-,-,\n'
)


def stored(name: str, **points: int) -> Stored:
    results = tuple(
        Result(exercise, maximum, Fraction(points.get(exercise[5:], 0)), Fraction(0), ExerciseStatus.FAILED)
        for exercise, maximum in EXERCISES.items()
    )
    return Stored(1, 1, State.ACCEPTED, HandIn(name, name, at=NOW), "d", NOW, results)


def standing(student: Student, **points: int) -> Standing:
    counted = stored(student.id, **points)
    automatic = {result.exercise: result.earned for result in counted.results}
    return Standing(student, (counted,), counted, automatic, maximum=20)


def adjusted(points: Fraction | int, reason: str = "a typo") -> Adjustment:
    return Adjustment(1, "hw2", "x", "", Fraction(points), reason, "me", NOW)


ADA = Student("1001", "Ada Lovelace", "ada@uni.de", "A", {"canvas_id": "9001"})
BEN = Student("1002", "Bén O'Neill", "ben@uni.de", "A", {"login": "ben"})
CY = Student("1003", "Cy Ohne", "cy@uni.de", "B")
DAN = Student("1004", "Dan Drew", "dan@uni.de", "B")


def book(**changes: object) -> ClassBook:
    standings = (
        standing(ADA, corr2d=12, pool2d=3),
        replace(
            standing(BEN, corr2d=10),
            penalty=Penalty(timedelta(hours=25, minutes=1), Fraction(25), note="25 % for 2 days"),
            notes=("25 % for 2 days",),  # as `class_book` puts it there
        ),
        Standing(CY, maximum=20),
        replace(standing(DAN, corr2d=4), adjustments=(adjusted(Fraction(1, 3)),)),
    )
    return replace(ClassBook("hw2", "Homework 2", EXERCISES, standings), **changes)  # type: ignore[arg-type]


def assignment() -> Assignment:
    exercises = tuple(AssignedExercise(name, points) for name, points in EXERCISES.items())
    return Assignment("hw2", "Homework 2", exercises, due=NOW, zone="Europe/Berlin")


def fill(tmp_path: Path, name: str, text: str | bytes, of: ClassBook | None = None, **options: object) -> Exported:
    path = tmp_path / "downloaded.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return export(of or book(), name, Wanted(sheet=path, **options))  # type: ignore[arg-type]


def rows(exported: Exported, delimiter: str = ",") -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(exported.content.decode("utf-8-sig")), delimiter=delimiter)]


# ---- sheets -----------------------------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.text(max_size=6), min_size=2, max_size=5), min_size=1, max_size=5),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_a_sheet_that_nobody_fills_is_written_as_it_was_read(
    table: list[list[str]], delimiter: str, end: str, bom: bool, quoting: int
) -> None:
    bare = "\0" if quoting == csv.QUOTE_ALL else "\0\r"  # the writer does not quote a lone CR
    rows = ([cell.translate(dict.fromkeys(map(ord, bare))) for cell in row] for row in table)
    table = [["one", "two", "three"], *rows]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)  # type: ignore[arg-type]
    text = ("\ufeff" if bom else "") + buffer.getvalue()
    sheet = parse_sheet(text.encode(), Path("s.csv"))
    assert sheet.content() == text.encode()
    assert [[cell.value for cell in row.cells] for row in (sheet.head, *sheet.rows)] == table


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Student;ID\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04...", "workbook"),
        (b"Student,ID\nM\xfcller,1\n", "line 2: not UTF-8 (byte 0xfc)"),
        (b'Student,ID\n"Ada,1\n', "line 2: a quotation mark is never closed"),
        (b'Student,ID\n"Ada" x,1\n', "line 2: text follows"),
        (b"Student,ID\nA\0,1\n", "line 2: a NUL"),
        (b"", "line 1: no header"),
        (b"hello\n", "line 1: no header"),
    ],
)
def test_what_is_no_sheet_is_refused_with_file_and_line(content: bytes, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_sheet(content, Path("down.csv"))
    assert says in caught.value.message
    assert "down.csv" in caught.value.message
    assert caught.value.remedy


# ---- Canvas -----------------------------------------------------------------------------------------------------


def test_canvas_gets_its_sheet_back_with_one_column_filled(tmp_path: Path) -> None:
    exported = fill(tmp_path, "canvas", CANVAS)
    expected = CANVAS.replace('"A, early",7,,71.00', '"A, early",7,15,71.00').replace("A,,3.5,", "A,,7.5,")
    assert exported.content.decode() == expected
    assert (tmp_path / "downloaded.csv").read_bytes() == CANVAS.encode()


def test_canvas_is_told_who_was_left_out(tmp_path: Path) -> None:
    notes = "\n".join(fill(tmp_path, "canvas", CANVAS.replace("Drew,9004,1004,dan,B,,N/A,\r\n", "")).notes)
    assert "not in the sheet, so not exported: 1: 1004" in notes
    assert "nobody of the class; left as they are: 2: Else, Student, Test" in notes


def test_a_student_whom_canvas_did_not_give_the_assignment_stays_so(tmp_path: Path) -> None:
    exported = fill(tmp_path, "canvas", CANVAS)
    assert rows(exported)[4]["Homework 2 (42)"] == "N/A"
    assert "N/A" in exported.notes[0] or any("N/A" in text for text in exported.notes)


def test_excused_is_ex_in_canvas_and_missing_stays_blank_unless_asked(tmp_path: Path) -> None:
    text = CANVAS + "Cy,9003,1003,cy,B,,,\r\n"
    of = book(standings=(replace(book().standings[0], excused=True), *book().standings[1:]))
    assert [row["Homework 2 (42)"] for row in rows(fill(tmp_path, "canvas", text, of))][2:] == [
        "EX", "7.5", "N/A", "6", "", "",
    ]  # fmt: skip
    zero = fill(tmp_path, "canvas", text, of, missing_as_zero=True)
    assert rows(zero)[-1]["Homework 2 (42)"] == "0"


def test_who_is_excused_in_canvas_alone_stays_excused_there(tmp_path: Path) -> None:
    exported = fill(tmp_path, "canvas", CANVAS.replace("A,,3.5,", "A,,EX,"))
    assert rows(exported)[3]["Homework 2 (42)"] == "EX"
    assert any("excused in Canvas (EX) and not here" in text and "1002" in text for text in exported.notes)


def test_semicolons_decimal_commas_a_mark_and_old_quotes_are_kept(tmp_path: Path) -> None:
    text = (
        '\ufeff"Student";"ID";"SIS Login ID";"Section";"Homework 2 (42)";"HW1 (41)"\n'
        '"Ada ""the first""";"9001";"x";"A";"";"7,25"\n'
        "Ben;9002;ben;A;;1,5"
    )
    exported = fill(tmp_path, "canvas", text)
    assert exported.content.decode() == text.replace('"A";""', '"A";"15"').replace("ben;A;;", "ben;A;7,5;")


@pytest.mark.parametrize("column", ["Homework 2 (42)", "42", "homework 2"])
def test_the_column_is_named_by_header_id_or_title(tmp_path: Path, column: str) -> None:
    exported = fill(tmp_path, "canvas", CANVAS, book(title="Something else"), column=column)
    assert rows(exported)[2]["Homework 2 (42)"] == "15"


@pytest.mark.parametrize(
    ("change", "options", "says", "remedy"),
    [
        (("Homework 2 (42)", "PS7 (42)"), {}, "no column for 'Homework 2 or hw2'", '--column "'),
        (("HW1 (41)", "Homework 2 (41)"), {}, "'Homework 2 (41)' and 'Homework 2 (42)'", "--column 41"),
        (("HW1 (41)", "Homework 2 (42)"), {}, "two columns fit", "by its id"),
        (("", ""), {"column": "Current Score"}, "'Current Score' is read-only", "Name the column"),
        (("", ""), {"column": "SIS User ID"}, "'SIS User ID' is read-only", "Name the column"),
        ((",10,20,", ",10,(read only),"), {"column": "42"}, "no column for '42'", "--column"),
        ((",10,20,", ",10,100,"), {}, "counts out of 100, the assignment out of 20", "--scale"),
        (("Student,ID,", "Person,Number,"), {}, "not “Student” and “ID”", "Export"),
        (("Section", "Group"), {}, "no column “Section”", "Export"),
        (("Else,9009,1009,else", "Ada again,9001,,"), {}, "lines 4 and 7 are both of the student 1001", "out of"),
    ],
)
def test_a_canvas_sheet_that_cannot_be_filled_says_why(
    tmp_path: Path, change: tuple[str, str], options: dict[str, str], says: str, remedy: str
) -> None:
    with pytest.raises(UsageError) as caught:
        fill(tmp_path, "canvas", CANVAS.replace(*change) if change[0] else CANVAS, **options)
    assert says in caught.value.message
    assert remedy in caught.value.remedy


def test_points_are_converted_only_when_asked(tmp_path: Path) -> None:
    exported = fill(tmp_path, "canvas", CANVAS.replace(",10,20,", ",10,100,"), scale=True)
    assert [row["Homework 2 (42)"] for row in rows(exported)][1:4] == ["100", "75", "37.5"]


def test_nothing_to_fill_is_an_error_that_tells_strangers_from_an_ungraded_class(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no row belongs to a student"):
        fill(tmp_path, "canvas", "Student,ID,SIS Login ID,Section,Homework 2 (42)\nZoe,1,zoe,A,\n")
    with pytest.raises(UsageError, match="nobody of the class has a grade yet"):
        fill(tmp_path, "canvas", CANVAS, book(standings=(Standing(ADA, maximum=20),)))


def test_numbers_of_two_systems_that_meet_by_chance_do_not_swap_grades(tmp_path: Path) -> None:
    text = "Student,ID,SIS User ID,SIS Login ID,Section,Homework 2 (42)\nAda,1002,1001,ada,A,\nZoe,1001,77,zoe,A,\n"
    exported = fill(tmp_path, "canvas", text)
    assert [row["Homework 2 (42)"] for row in rows(exported)] == ["15", ""]


def test_a_class_that_goes_by_canvas_numbers_is_matched_by_them(tmp_path: Path) -> None:
    exported = fill(tmp_path, "canvas", "Student,ID,SIS Login ID,Section,Homework 2 (42)\nX,1001,zz,A,\n")
    assert rows(exported)[0]["Homework 2 (42)"] == "15"


def test_marks_that_contradict_each_other_choose_nobody(tmp_path: Path) -> None:
    exported = fill(tmp_path, "canvas", CANVAS.replace("1002,ben", "1002,ada@uni.de"))
    assert rows(exported)[3]["Homework 2 (42)"] == "3.5"
    assert any("1002 is 1002; ada@uni.de is 1001" in text for text in exported.notes)


def test_a_name_matches_in_both_orders_but_only_if_one_student_has_it(tmp_path: Path) -> None:
    text = 'Student,ID,SIS Login ID,Section,Homework 2 (42)\n"Lovelace, Ada",5,,A,\nBEN ONEILL,6,,A,\n'
    assert [row["Homework 2 (42)"] for row in rows(fill(tmp_path, "canvas", text))] == ["15", "7.5"]
    twin = standing(replace(ADA, id="1", email="", keys={}))
    exported = fill(tmp_path, "canvas", text, book(standings=(*book().standings, twin)))
    assert rows(exported)[0]["Homework 2 (42)"] == ""
    assert any("Lovelace, Ada is 1 or 1001" in text for text in exported.notes)


# ---- Moodle -----------------------------------------------------------------------------------------------------


def test_a_german_worksheet_comes_back_with_its_grades_and_nothing_else(tmp_path: Path) -> None:
    exported = fill(tmp_path, "moodle", MOODLE_DE)
    expected = MOODLE_DE.replace("abgegeben,,", "abgegeben,15,").replace('"3,50"', '"7,5"')
    assert exported.content.decode() == expected
    assert any("cannot be changed in Moodle" in text and "1004" in text for text in exported.notes)


def test_a_worksheet_in_an_unknown_language_is_understood_by_its_shape(tmp_path: Path) -> None:
    text = (
        "Tunniste,Koko nimi,Sähköposti,Tila,Arvosana,Suurin arvosana,Voi muuttaa,Muokattu (palautus),Muokattu,Palaute\n"
        "Osallistuja 7,Ada L,ada@uni.de,x,,20.00,Kyllä,-,-,\nOsallistuja 8,Ben,ben@uni.de,x,1.00,20.00,Kyllä,-,-,\n"
    )
    assert [row["Arvosana"] for row in rows(fill(tmp_path, "moodle", text))] == ["15", "7.5"]
    unclear = text.replace(",20.00,", ",,").replace("Suurin arvosana", "Muu")
    with pytest.raises(UsageError, match="cannot be told"):
        fill(tmp_path, "moodle", unclear)
    named = fill(tmp_path, "moodle", unclear, column="Arvosana")
    assert [row["Arvosana"] for row in rows(named)] == ["15", "7.5"]


def test_a_participant_is_known_by_the_folder_that_was_downloaded(tmp_path: Path) -> None:
    text = (
        "Identifier,Full name,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade)\n"
        "Participant 31415,Hidden,x,,20.00,Yes,-\n"
    )
    work = stored("Ada Lovelace_31415_assignsubmission_file_", corr2d=12)
    of = book(standings=(replace(standing(Student("ada"), corr2d=12), attempts=(work,), counted=work),))
    assert rows(fill(tmp_path, "moodle", text, of))[0]["Grade"] == "12"


def test_moodle_gets_comments_as_html_when_asked_and_keeps_those_of_others(tmp_path: Path) -> None:
    ada = replace(
        book().standings[0],
        comments=(Comment(1, "hw2", "1001", "ch07/corr2d", '=cmd() <b>good</b>\nC:\\tmp\\"', "me", NOW),),
        adjustments=(adjusted(-1),),
    )
    of = book(standings=(ada, *book().standings[1:]))
    exported = fill(tmp_path, "moodle", MOODLE_DE, of, comments=True)
    written = rows(exported)
    assert written[0]["Feedback als Kommentar"] == (
        "<p>ch07/corr2d: 12 of 12</p><p>ch07/pool2d: 3 of 8</p><p>-1: a typo</p>"
        "<p>ch07/corr2d: =cmd() &lt;b&gt;good&lt;/b&gt;<br>C:&#92;tmp&#92;&quot;</p>"
    )
    assert written[1]["Feedback als Kommentar"] == "alt"
    assert any("somebody else's" in text and "1002" in text for text in exported.notes)
    again = fill(tmp_path, "moodle", exported.content, book(), comments=True)
    assert rows(again)[0]["Feedback als Kommentar"] == "<p>ch07/corr2d: 12 of 12</p><p>ch07/pool2d: 3 of 8</p>"


def test_moodle_says_what_it_would_skip(tmp_path: Path) -> None:
    ada = replace(book().standings[0], adjustments=(adjusted(10),))
    excused = replace(book().standings[1], excused=True)
    exported = fill(tmp_path, "moodle", MOODLE_DE, book(standings=(ada, excused, *book().standings[2:])))
    assert rows(exported)[1]["Bewertung"] == "3,50"
    assert any("above the maximum of 20: Moodle will skip it: 1: 1001" in text for text in exported.notes)
    assert any("excused" in text and "1002" in text for text in exported.notes)


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        (("Teilnehmer/in5", "Teilnehmer/in x"), {}, None),
        (('"20,00"', '"100,00"'), {}, "counts out of 100"),
        (('"20,00"', '"gut, besser"'), {}, "line 2: the grade's maximum is 'gut, besser'"),
        (("Feedback als Kommentar", "X"), {"comments": True}, "no column for feedback comments"),
        (("", ""), {"column": "Note"}, "no column 'Note'"),
        (("Teilnehmer/in50", "Nobody x"), {}, None),
    ],
)
def test_a_worksheet_that_cannot_be_filled_says_why(
    tmp_path: Path, change: tuple[str, str], options: dict[str, object], says: str | None
) -> None:
    text = MOODLE_DE.replace(*change) if change[0] else MOODLE_DE
    if says is None:  # the identifier is only one of several marks
        assert rows(fill(tmp_path, "moodle", text, **options))[0]["Bewertung"] == "15"
        return
    with pytest.raises(UsageError) as caught:
        fill(tmp_path, "moodle", text, **options)
    assert says in caught.value.message


def test_a_canvas_sheet_is_no_moodle_worksheet(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no grading worksheet of Moodle"):
        fill(tmp_path, "moodle", CANVAS)


# ---- tables -----------------------------------------------------------------------------------------------------

HOSTILE = Student(FORMULA, '@SUM(1);=2 "x", y\n\udcff', "+a@b", "-1")


def hostile() -> ClassBook:
    return book(standings=(*book().standings, standing(HOSTILE, corr2d=1)), title="=title")


@pytest.mark.parametrize("name", ["csv", "gradescope", "nbgrader", "otter"])
def test_no_cell_of_a_table_is_a_formula(name: str) -> None:
    exported = export(hostile(), name, Wanted(assignment=assignment()))
    table = [*csv.reader(io.StringIO(exported.content.decode("utf-8")))]
    assert {len(row) for row in table} == {len(table[0])}
    cells = [cell for row in table for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "-", "\t")) and cell != "--"]
    assert not [cell for cell in cells if ";=" in cell]


def test_gradescopes_columns_are_those_of_its_download() -> None:
    table = rows(export(book(), "gradescope", Wanted(assignment=assignment())))
    assert [*table[0]][:13] == [
        "First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status", "Submission ID",
        "Submission Time", "Lateness (H:M:S)", "View Count", "Submission Count",
    ]  # fmt: skip
    ben, cy = table[1], table[2]
    assert (ben["First Name"], ben["Last Name"], ben["Total Score"], ben["Max Points"]) == (
        "Bén", "O'Neill", "7.5", "20.0",
    )  # fmt: skip
    assert ben["Lateness (H:M:S)"] == "25:01:00"
    assert ben["Submission Time"] == "2026-12-01 23:30:00 +0100"
    assert ben["1: ch07/corr2d (12.0 pts)"] == "10.0"
    assert (cy["Status"], cy["Total Score"]) == ("Missing", "")


def test_nbgraders_rows_add_up_and_a_comma_in_a_name_does_not_break_them() -> None:
    comma = standing(Student("7", "von Neumann, John"), corr2d=1)
    table = rows(export(book(standings=(*book().standings, comma)), "nbgrader", Wanted(assignment=assignment())))
    assert ",".join(table[0]) == (
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,"
        "score,max_score"
    )
    for row in table:
        assert Fraction(row["raw_score"]) - Fraction(row["late_submission_penalty"]) == Fraction(row["score"])
    assert (table[1]["late_submission_penalty"], table[1]["duedate"]) == ("2.5", "2026-12-01 22:30:00+00:00")
    assert (table[2]["score"], table[2]["timestamp"]) == ("0.0", "")
    assert (table[4]["last_name"], table[4]["first_name"]) == ("von Neumann", "John")


def test_otter_has_a_row_of_points_and_one_for_each_submission() -> None:
    exported = export(book(), "otter", Wanted())
    table = [*csv.reader(io.StringIO(exported.content.decode()))]
    assert table[0] == [
        "file", "ch07/corr2d", "ch07/pool2d", "total_points_earned", "percent_correct", "grading_status",
    ]  # fmt: skip
    assert table[1] == ["points-per-question", "12.0", "8.0", "20.0", "1.0", "--"]
    assert table[3] == ["1002", "10.0", "0.0", "7.5", "0.375", "Completed"]
    assert [row[0] for row in table[2:]] == ["1001", "1002", "1004"]


def test_csv_leaves_missing_empty_and_shows_exercises_when_asked() -> None:
    table = rows(export(book(), "csv", Wanted(exercises=True, assignment=assignment())))
    assert (table[1]["score"], table[1]["taken_off"], table[1]["hours_late"]) == ("7.5", "2.5", "25.02")
    assert table[1]["notes"] == "25 % for 2 days"
    assert table[1]["handed_in"] == "2026-12-01T23:30:00+01:00"
    assert (table[2]["score"], table[2]["ch07/corr2d"]) == ("", "")
    assert (table[3]["adjustments"], table[3]["score"]) == ("0.33", "4.33")
    assert "ch07/corr2d" not in rows(export(book(), "csv", Wanted()))[0]


def test_json_is_exact_and_ascii_whatever_students_are_called() -> None:
    document = json.loads(export(hostile(), "json", Wanted()).content.decode("ascii"))
    assert document["format"] == "d2l-kit/grades/1"
    dan = document["students"][3]
    assert (dan["score"], dan["score_text"], dan["adjustments"][0]["points"]) == ("13/3", "4.33", "1/3")
    assert document["students"][4]["student"] == FORMULA
    assert document["students"][2]["score"] is None


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("  @x", "'@x"),
        ("\uff1dcmd", "'\uff1dcmd"),
        ("a; =cmd", "a; '=cmd"),
        ("Ada; Ben", "Ada; Ben"),
        ("tab\tline\nend", "tab line end"),
    ],
)
def test_free_text_is_no_formula(text: str, safe: str) -> None:
    assert defused(text) == safe


# ---- formats and the command's part -----------------------------------------------------------------------------


def test_an_unknown_format_offers_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        export(book(), "canvass", Wanted())
    assert "'canvas'" in caught.value.remedy


@pytest.mark.parametrize("name", [name for name, exporter in EXPORTERS.items() if exporter.needs_sheet])
def test_a_format_that_fills_a_sheet_asks_for_it(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        export(book(), name, Wanted())
    assert f"--format {name} --sheet" in caught.value.remedy


def test_an_option_that_means_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="--missing-as-zero means nothing to --format csv"):
        export(book(), "csv", Wanted(missing_as_zero=True))


def test_every_exporter_manages_an_empty_class() -> None:
    for name, exporter in EXPORTERS.items():
        if not exporter.needs_sheet:
            assert export(ClassBook("", "", {}, ()), name, Wanted()).content


def test_no_file_is_written_over_unless_forced(tmp_path: Path) -> None:
    target = tmp_path / "grades.csv"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        write(book(), "csv", Wanted(), target, force=False)
    assert target.read_text(encoding="utf-8") == "mine"
    write(book(), "csv", Wanted(), target, force=True)
    assert target.read_text(encoding="utf-8").startswith("student,")
    assert target.stat().st_mode & 0o077 == 0


def test_the_command_exports_what_the_gradebook_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    @contextmanager
    def opened(gradebook: object, name: object) -> Iterator[SimpleNamespace]:
        assert (gradebook, name) == ("book.sqlite", "hw2")
        yield SimpleNamespace(assignment=assignment(), book=book)

    monkeypatch.setattr("d2l_kit.cli._gradebook.opened", opened)
    sheet = tmp_path / "canvas.csv"
    sheet.write_bytes(CANVAS.encode())
    place = ["--gradebook", "book.sqlite", "--assignment", "hw2"]
    assert main(["gradebook", "export", "--format", "canvas", "--sheet", str(sheet), *place]) == 0
    assert b",15,71.00\r\n" in capfdbinary.readouterr().out
    assert main(["gradebook", "export", "--format", "canvas", *place]) == 2
    assert b"--sheet DOWNLOADED.csv" in capfdbinary.readouterr().err
    assert main(["gradebook", "export", "--format", "canwas", *place]) == 2
    assert b"Did you mean 'canvas'?" in capfdbinary.readouterr().err


def test_a_sheet_is_filled_in_place_only_with_its_name_and_force(tmp_path: Path) -> None:
    sheet = tmp_path / "canvas.csv"
    sheet.write_bytes(CANVAS.encode())
    with pytest.raises(UsageError, match="is there already"):
        write(book(), "canvas", Wanted(sheet=sheet), sheet, force=False)
    write(book(), "canvas", Wanted(sheet=sheet), sheet, force=True)
    assert b",15,71.00\r\n" in sheet.read_bytes()


def test_paths_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        write(book(), "csv", Wanted(), tmp_path, force=True)
    with pytest.raises(UsageError, match="cannot write"):
        write(book(), "csv", Wanted(), tmp_path / "no" / "grades.csv", force=False)
    with pytest.raises(UsageError, match="cannot read"):
        write(book(), "canvas", Wanted(sheet=tmp_path / "gone.csv"), None, force=False)


def test_standard_output_gets_the_bytes_and_standard_error_the_notes(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    sheet = tmp_path / "canvas.csv"
    sheet.write_bytes(CANVAS.encode())
    write(book(), "canvas", Wanted(sheet=sheet), None, force=False)
    out, err = capfdbinary.readouterr()
    assert out.count(b"\r\n") == CANVAS.count("\r\n")
    assert b"note: " in err
