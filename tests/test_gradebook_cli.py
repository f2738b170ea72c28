"""The gradebook through the command line: a class graded with fakes for the engine, everything else as it is."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cli_course import make_course, report, result
from d2l_kit.cli import main
from d2l_kit.gradebook import class_run
from d2l_kit.gradebook.select import exact
from d2l_kit.grading import api
from d2l_kit.report.model import Status

Run = Callable[..., SimpleNamespace]

ROSTER = """id,name,email,section
s1,Ada Lovelace,ada@school.example,A
s2,"Müller, Ben",ben@school.example,A
s3,=cmd|' /C calc'!A1,cleo@school.example,B
s4,Dan,dan.of.a.long.address@school.example,B
"""
TIMES = "student,handed_in\ns1,2024-12-01 20:00\ns2,2024-12-02 20:00\n"
RULES = """format = 1
name = "{name}"
title = "Convolutions"
due = "2024-12-01 23:59"
zone = "Europe/Berlin"
seed = "secret"
[late]
percent = 10
"""
EXERCISE = '[[exercise]]\nid = "{id}"\npoints = 10\n'
RTL = "\N{RIGHT-TO-LEFT OVERRIDE}"


@dataclass
class Grader:
    """Stands in for the engine: everything passes but what is said here, by submission.

    Attributes:
        wrong: Exercises that fail.
        broken: Submissions that cannot be graded, by a failure of ours.
    """

    wrong: dict[str, set[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def __call__(self, chapters: Any, exercises: Any, entries: Any, options: Any, *, keeper: Any, **more: Any) -> Any:
        reports = []
        for entry in entries:
            if entry.name in self.broken:
                keeper.fail(entry.name, "the zygote died")
                continue
            wrong = self.wrong.get(entry.name, set())
            results = (result(each, Status.FAILED if each.id in wrong else Status.PASSED) for each in exercises)
            content = sha256(b"".join(sorted(p.read_bytes() for p in entry.path.rglob("*.py")))).hexdigest()
            made = {"digest": f"{content} {sorted(wrong)}", "made_from": {"submission": content, "checks": "c1"}}
            reports.append(replace(report(*results, submission=entry.name, scope="all"), **made))
            if options.force or keeper.known(entry.name, reports[-1].digest) is None:
                keeper.keep(reports[-1])
        return api.GradeOutcome(tuple(reports), (), tuple(f"{name}: the zygote died" for name in self.broken))


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> Grader:
    """The engine's stand-in."""
    found = Grader()
    monkeypatch.setattr(class_run, "grade", found)
    return found


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], grader: Grader) -> Run:
    """Runs `d2l-kit` in a folder with an assignment, a class list and times: `run("gradebook", "show").out`."""
    course = make_course(tmp_path / "course")
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: course)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("roster.csv").write_text(ROSTER, encoding="utf-8")
    Path("times.csv").write_text(TIMES, encoding="utf-8")
    assign("hw2", "ch07/corr2d", "ch07/pool2d")

    def _run(*arguments: str) -> SimpleNamespace:
        capsys.readouterr()
        code = main(arguments)
        told = capsys.readouterr()
        return SimpleNamespace(code=code, out=told.out, err=told.err)

    return _run


@pytest.fixture
def book(run: Run, grader: Grader) -> Run:
    """Runs `d2l-kit gradebook` on a class: s1 has everything, s2 half and is late, s3 has no time, s4 nothing."""
    hand_in("s1", "Ben Müller", "s3", "zed")
    grader.wrong = {"Ben Müller": {"ch07/pool2d"}}
    assert grade(run).code == 0
    return lambda *arguments: run("gradebook", *arguments)


def assign(name: str, *exercises: str) -> None:
    """Write an assignment."""
    Path(name).mkdir()
    text = RULES.format(name=name) + "".join(EXERCISE.format(id=each) for each in exercises)
    (Path(name) / "assignment.toml").write_text(text, encoding="utf-8")


def hand_in(*names: str, work: str = "x = 1\n") -> None:
    """Put submissions into the class's folder."""
    for name in names:
        file = Path("class") / name / "ch07" / "corr2d.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(work, encoding="utf-8")


def grade(run: Run, *more: str, assignment: str = "hw2") -> SimpleNamespace:
    """Grade the class with its list and times."""
    files = ("--assignment", assignment, "--roster", "roster.csv", "--times", "times.csv")
    return run("grade", "class", *files, "--public-only", *more)


def regrade(run: Run, grader: Grader, **wrong: set[str]) -> SimpleNamespace:
    """Grade unchanged work anew, with another outcome."""
    grader.wrong = {"Ben Müller": {"ch07/pool2d"}, **wrong}
    return grade(run, "--force")


def students(text: str) -> dict[str, list[str]]:
    """Of a table on the terminal, the words of each row by its first one."""
    rows = [line.split() for line in text.split("\n\n")[0].splitlines()[1:]]
    return {row[0]: row for row in rows}


def table(text: str) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return [*csv.DictReader(io.StringIO(text))]


# show


def test_the_class_is_shown_with_what_lateness_costs_and_whose_work_is_nobodys(book: Run) -> None:
    done = book("show")
    assert done.code == 0
    assert students(done.out)["s1"][:5] == ["s1", "Ada", "Lovelace", "10", "10"]
    assert students(done.out)["s2"][:7] == ["s2", "Müller,", "Ben", "10", "0", "-10%", "9"]
    assert done.out.endswith("4 students, 3 handed in, 1 late, 1 missing.\n")
    assert done.err == "note: of nobody on the class list, not shown here: 1: zed\n"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--late"], {"s2"}),
        (["--missing"], {"s4"}),
        (["--pending"], set()),
        (["--section", "b"], {"s3", "s4"}),
        (["--below", "50%"], {"s2", "s4"}),
        (["--below", "9.5"], {"s2", "s4"}),
        (["--below", "9"], {"s4"}),
        (["--exercise", "corr2d", "--below", "50%"], {"s4"}),
        (["--exercise", "ch7/pool2d", "--below", "1/2", "--section", "A"], {"s2"}),
        (["--late", "--section", "B"], set()),
    ],
)
def test_filters_choose_students(book: Run, filters: list[str], found: set[str]) -> None:
    assert set(students(book("show", *filters).out)) == found
    assert {row["student"] for row in table(book("show", *filters, "--format", "csv").out)} == found
    data = json.loads(book("show", *filters, "--format", "json").out)
    assert {each["student"] for each in data["students"]} == found


def test_one_exercise_is_shown_alone_with_its_points_and_what_was_given_for_it(book: Run) -> None:
    book("adjust", "s1", "--points", "-3", "--reason", "as a whole")
    book("adjust", "s1", "--points", "-1", "--exercise", "pool2d", "--reason", "slow")
    shown = students(book("show", "--exercise", "ch07/pool2d").out)
    assert shown["s1"][3:] == ["9*", "-1", "9"]
    assert shown["s2"][3:6] == ["0", "-10%", "0"]
    assert shown["s4"][2:] == ["-", "nothing", "was", "handed", "in"]  # which is no zero
    assert "5* means 5 points, adjusted by hand." in book("show").out


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        (["--section", "C"], "There is no section 'C' in hw2; it has A, B."),
        (["--exercise", "corr"], "hw2 has no exercise 'corr'; it has ch07/corr2d, ch07/pool2d."),
        (["--exercise", "ch07/corr3d"], "(did you mean 'ch07/corr2d'?)"),
        (["--exercise", "ch7"], "'ch7' fits several exercises of hw2: ch07/corr2d, ch07/pool2d."),
        (["--exercise", "vgg"], "hw2 has no exercise 'vgg'"),
        (["--below", "much"], "'much' is no number of points."),
        (["--below", "1e9"], "'1e9' is no number of points."),
        (["--below", "1/0"], "'1/0' is no number of points."),
        (["s1", "--late"], "A student is named, and filters choose among the class."),
        (["s1", "--student", "s2"], "A student is named, and filters choose among the class."),
        ([""], "There is no student ''"),
    ],
)
def test_what_chooses_nothing_is_a_mistake_in_the_command(book: Run, filters: list[str], says: str) -> None:
    done = book("show", *filters)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_class_list_without_sections_says_so(run: Run, book: Run) -> None:
    Path("roster.csv").write_text("id,name\ns1,Ada\n", encoding="utf-8")
    assert "There is no section 'A' in hw2; its class list names no sections." in book("show", "--section", "A").err


@pytest.mark.parametrize(
    "name",
    [
        "s2",
        "S2",
        "ben@school.example",
        "Müller, Ben",
        unicodedata.normalize("NFD", "müller, ben"),
        "Ben Müller",
        "BEN MULLER",
    ],
)
def test_a_student_is_found_by_id_name_and_address_however_they_are_typed(book: Run, name: str) -> None:
    done = book("show", name)
    assert done.code == 0
    assert done.out.startswith("s2, Müller, Ben, ben@school.example, section A\nhw2 Convolutions, due 2024-12-01 23:59")
    assert "lateness    -1 20 hours 1 minute late: 10 % taken off" in done.out
    assert "score       9 of 20" in done.out
    assert json.loads(book("show", "--student", name, "--format", "json").out)["students"][0]["score"] == "9"


def test_a_student_who_is_not_there_is_told_from_work_that_is_nobodys(book: Run) -> None:
    assert "There is no student 's22' in hw2 (did you mean 's2'?)." in book("show", "s22").err
    assert (
        "There is no student 'ada lovelance' in hw2 (did you mean 'Ada Lovelace'?)."
        in book("show", "ada lovelance").err
    )
    done = book("show", "Zed")
    assert done.code == 2
    assert "'Zed' is a submission that belongs to nobody on the class list of hw2." in done.err


def test_a_name_that_two_have_is_asked_for_by_id(book: Run) -> None:
    Path("roster.csv").write_text(ROSTER + "s5,Ada Lovelace,,\n", encoding="utf-8")
    assert "'Ada Lovelace' fits several students: s1, s5." in book("show", "Ada Lovelace").err
    assert book("show", "s1").code == 0


def test_an_address_that_is_an_id_is_shown_whole(run: Run) -> None:
    id = "a.student.with.a.long.name@school.example"[:40]
    hand_in(id)
    run("grade", "class", "--exercises", "corr2d", "--public-only")
    assert id in run("gradebook", "show").out


# history, decisions


def test_points_above_the_maximum_are_given_and_said(book: Run) -> None:
    done = book("adjust", "s2", "--points", "+1000", "--reason", "a mistake, or extra credit")
    assert done.code == 0
    assert "is above the maximum of" in done.err
    assert "above" not in book("adjust", "s2", "--points", "-1000", "--reason", "a mistake").err


def test_history_tells_who_did_what_in_order(book: Run, run: Run) -> None:
    book("adjust", "s2", "--points", "+2", "--reason", "explained it well", "--by", "Prof. X")
    book("adjust", "--withdraw", "1", "--by", "Prof. Y")
    book("comment", "s2", "see me", "--exercise", "corr2d")
    book("excuse", "s2", "--reason", "ill")
    book("excuse", "s2", "--undo")
    book("regrade", "s2", "--note", "please")
    lines = table(book("history", "s2", "--format", "csv").out)
    assert [(line["kind"], line["text"].partition(";")[0]) for line in lines] == [
        ("graded", "run 1: Ben Müller graded, 10 of 20 points, accepted, handed in 2024-12-02 20:00 +01:00"),
        ("adjusted", "adjustment 1: +2, explained it well"),
        ("withdrawn", "adjustment 1 withdrawn"),
        ("comment", "comment for ch07/corr2d: see me"),
        ("excused", "excused: ill"),
        ("excused", "no longer excused"),
        ("asked", "regrade of Ben Müller asked for, not answered yet: please"),
    ]
    assert [line["who"] for line in lines[1:3]] == ["Prof. X", "Prof. Y"]
    grade(run, "--force")
    assert "regrade of Ben Müller asked for, answered by report 1 of run 1: please" in book("history", "s2").out
    assert json.loads(book("history", "s2", "--format", "json").out)[0]["kind"] == "graded"
    again = table(book("history", "s2", "--format", "csv").out)[-1]
    assert again["kind"] == "confirmed"
    assert again["text"] == "run 2: Ben Müller graded again, the same as report 1: 10 of 20 points"


def test_who_left_the_class_list_and_who_never_was_on_it_have_a_history(book: Run) -> None:
    Path("roster.csv").write_text("id,name\ns1,Ada\n", encoding="utf-8")
    assert "s3 graded, 20 of 20 points" in book("history", "s3").out
    assert "zed graded, 20 of 20 points" in book("history", "zed").out
    assert book("history", "s9").code == 2


def test_the_runs_tell_what_became_of_what_they_found(book: Run, run: Run, grader: Grader) -> None:
    regrade(run, grader, s1={"ch07/corr2d"})
    grader.broken = {"s3"}
    assert grade(run).code == 3
    rows = table(book("history", "--format", "csv").out)
    assert [[row[each] for each in ("run", "accepted", "proposed", "failed")] for row in rows] == [
        ["1", "4", "0", "0"],
        ["2", "0", "1", "0"],
        ["3", "0", "0", "1"],
    ]
    assert "s3 could not be graded (our failure; no score was touched): the zygote died" in book("history", "s3").out
    assert [each["run"] for each in json.loads(book("history", "--format", "json").out)] == [1, 2, 3]
    assert [line.split()[0] for line in book("history").out.splitlines()] == ["run", "1", "2", "3"]


def test_a_regrade_counts_only_once_it_is_accepted(book: Run, run: Run, grader: Grader) -> None:
    told = regrade(run, grader, s1={"ch07/corr2d"})
    assert "1 graded again with other points" in told.err
    assert students(book("show").out)["s1"][3:5] == ["10", "10"]
    shown = book("diff")
    assert shown.out.startswith("run 2 against what stands: 1 of 1 submission differs.\n\ns1  20 → 10  (-10)")
    assert shown.out.endswith("To accept: d2l-kit gradebook accept 2; to refuse: d2l-kit gradebook reject 2\n")
    assert book("accept", "2", "--by", "Prof. X").out == "run 2: 1 report accepted\n"
    assert students(book("show").out)["s1"][3:5] == ["0", "10"]
    assert book("accept", "2").out == book("reject", "2").out == "run 2: nothing was waiting for a decision\n"
    (decided,) = [row for row in table(book("history", "s1", "--format", "csv").out) if row["kind"] == "decided"]
    assert (decided["who"], decided["text"]) == ("Prof. X", "report 5 of run 2 accepted")


def test_a_regrade_that_is_rejected_changes_nothing_and_is_not_what_diff_shows(
    book: Run, run: Run, grader: Grader
) -> None:
    regrade(run, grader, s1={"ch07/corr2d"})
    assert book("reject", "2").out == "run 2: 1 report rejected\n"
    assert students(book("show").out)["s1"][3:5] == ["10", "10"]
    assert book("diff").out.startswith("run 1 against what stood before it: 4 of 4 submissions differ.")
    assert book("diff", "2").out.startswith("run 2 (rejected) against what stood before it: 1 of 1")


def test_a_proposal_that_a_later_one_overtook_waits_no_longer(book: Run, run: Run, grader: Grader) -> None:
    regrade(run, grader, s1={"ch07/corr2d"})
    regrade(run, grader, s1={"ch07/corr2d", "ch07/pool2d"})
    assert book("diff").out.startswith("run 3 against what stands")
    assert "s1  20 → 10" in book("diff", "2").out  # either may be accepted
    book("accept", "3")
    assert book("diff").out.startswith("run 3 against what stood before it")
    overtaken = book("diff", "2").out
    assert overtaken.startswith("run 2 (overtaken: a later grading of the same counts) against what stands")
    assert "accept" not in overtaken
    assert book("accept", "2").out == "run 2: nothing was waiting for a decision\n"
    assert book("reject", "2").out == "run 2: 1 report rejected\n"


def test_a_proposal_for_an_earlier_attempt_is_compared_with_that(book: Run, run: Run, grader: Grader) -> None:
    regrade(run, grader, s1={"ch07/corr2d"})
    hand_in("s1", work="x = 2\n")
    regrade(run, grader)
    shown = book("diff", "2").out
    assert "s1  20 → 10  (-10)" in shown and "the submission changed" not in shown


def test_two_runs_are_compared_in_either_order(book: Run, run: Run, grader: Grader) -> None:
    regrade(run, grader, s1={"ch07/corr2d"})
    (move,) = json.loads(book("diff", "1", "2", "--format", "json").out)["moves"]
    assert (move["before"], move["after"], move["exercises"][0]["exercise"]) == ("20", "10", "ch07/corr2d")
    (row,) = table(book("diff", "2", "1", "--format", "csv").out)
    assert (row["submission"], row["before"], row["after"]) == ("s1", "0", "10")
    assert book("diff", "1", "1").out == "run 1 against run 1: 0 of 4 submissions differ.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["diff", "7"], "holds no run 7."),
        (["diff", "1", "7"], "There is no run 7 of hw2."),
        (["diff", "1", "2", "3"], "diff compares one or two runs."),
        (["accept", "7"], "holds no run 7."),
        (["reject", "7"], "holds no run 7."),
        (["adjust", "s1"], "Whom to adjust, and by how much?"),
        (["adjust", "s1", "--points", "1"], "--reason is empty."),
        (["adjust", "s1", "--points", "0", "--reason", "x"], "Zero points change nothing."),
        (["adjust", "s1", "--points", "1e3", "--reason", "x"], "'1e3' is no number of points."),
        (["adjust", "--withdraw", "1"], "holds no adjustment 1 that could be withdrawn."),
        (["adjust", "--withdraw", "1", "--reason", "x"], "--withdraw stands alone."),
        (["comment", "s1", " "], "TEXT is empty."),
        (["excuse", "s1"], "--reason is empty."),
        (["excuse", "s1", "--undo"], "s1 is not excused."),
        (["regrade", "s4"], "s4 has handed in nothing that could be graded again."),
        (["export", "--format", "cvs"], "There is no export format named 'cvs'."),
        (["show", "--gradebook", "elsewhere.sqlite"], "There is no gradebook at elsewhere.sqlite."),
        (["show", "--gradebook", "class"], "class is not a gradebook of d2l-kit: it is a folder."),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(book: Run, arguments: list[str], says: str) -> None:
    before = book("export", "--format", "json").out
    done = book(*arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert book("export", "--format", "json").out == before


# What people decide


def test_points_given_by_hand_count_are_shown_with_their_reason_and_can_be_withdrawn(book: Run) -> None:
    assert book("adjust", "Ada Lovelace", "--points", "7/3", "--reason", "well done").out == (
        "adjustment 1: +2.33 for s1, 20 → 22.33 of 20\n"
    )
    assert book("adjust", "s2", "--points=-1,5", "--exercise", "ch7/corr2d", "--reason", "late\nidea").out == (
        "adjustment 2: -1.5 for ch07/corr2d for s2, 9 → 7.65 of 20\n"
    )
    assert "by hand     -1.5 ch07/corr2d: late idea (adjustment 2, " in book("show", "s2").out
    assert book("adjust", "--withdraw", "2").out == "adjustment 2 is withdrawn\n"
    assert "score       9 of 20" in book("show", "s2").out


@pytest.mark.parametrize(
    ("text", "points"),
    [("12", "12"), ("+2", "2"), (" -1.5 ", "-3/2"), ("1,5", "3/2"), ("7/3", "7/3"), ("\N{MINUS SIGN}0.1", "-1/10")],
)
def test_points_are_read_exactly_as_people_write_them(text: str, points: str) -> None:
    assert exact(text) == Fraction(points)


@pytest.mark.parametrize(
    "text",
    ["", "two", "1.", ".5", "1_000", "1e9", "0x10", "\N{ARABIC-INDIC DIGIT TWO}", "1.5/2", "7/-3", "7/0", "9" * 10],
)
def test_what_is_no_number_of_points_is_refused(text: str) -> None:
    with pytest.raises((ValueError, ZeroDivisionError)):
        exact(text)


def test_an_excused_student_is_not_missing_and_has_no_score(book: Run) -> None:
    assert book("excuse", "Dan", "--reason", "ill").out == "s4 is excused\n"
    shown = book("show").out
    assert students(shown)["s4"][1:] == ["Dan", "-", "-", "excused:", "ill;", "nothing", "was", "handed", "in"]
    assert "1 excused" in shown and "missing" not in shown
    assert book("excuse", "s4", "--undo").out == "s4 is no longer excused\n"
    assert "1 missing" in book("show").out


def test_a_comment_is_shown_with_the_student(book: Run) -> None:
    assert book("comment", "s1", "See page 3.", "--by", "Prof. X").out == "comment 1 for s1\n"
    assert "comment by Prof. X: See page 3." in book("show", "s1").out


def test_a_regrade_is_asked_for_by_student_or_submission_and_answered_by_the_next_grading(book: Run, run: Run) -> None:
    assert book("regrade").out == "Nobody waits for a regrade.\n"
    asked = book("regrade", "Ada Lovelace", "zed", "s1", "--note", "please", "--by", "Ada").out.splitlines()
    assert [line.partition(" on ")[0] for line in asked[:-1]] == ["s1, asked by Ada", "zed, asked by Ada"]
    assert "--only s1 --only zed --force" in asked[-1]
    grade(run, "--force", "--only", "s1", "--only", "zed")
    assert book("regrade").out == "Nobody waits for a regrade.\n"


# Several assignments, rules that moved


def test_of_several_assignments_one_must_be_named(book: Run, run: Run) -> None:
    assign("hw3", "ch08/vgg")
    grade(run, assignment="hw3")
    run("grade", "class", "--exercises", "vgg", "--public-only")
    for command in (
        ["show"],
        ["history"],
        ["diff"],
        ["export", "--format", "csv"],
        ["regrade"],
        ["comment", "s1", "x"],
    ):
        done = book(*command)
        assert done.code == 2
        assert 'holds several assignments: "" (graded without an assignment), hw2, hw3.' in done.err
        assert "Say which one: --assignment hw2" in done.err
    assert "vgg" in book("show", "--assignment", "hw3").out
    assert book("show", "--assignment", "hw3").out == book("show", "--assignment", "hw3/assignment.toml").out
    assert students(book("show", "--assignment", "").out)["zed"] == ["zed", "10", "10"]
    assert "holds no assignment 'hw33' (did you mean 'hw3'?)" in book("show", "--assignment", "hw33").err


def test_a_run_tells_which_assignment_is_meant(book: Run, run: Run, grader: Grader) -> None:
    assign("hw3", "ch08/vgg")
    grade(run, assignment="hw3")
    grader.wrong["s1"] = {"ch08/vgg"}
    grade(run, "--force", assignment="hw3")
    assert "ch08/vgg  10 → 0" in book("diff", "3").out
    assert book("accept", "3").out == "run 3: 1 report accepted\n"
    assert "There is no run 2 of hw2." in book("diff", "1", "2").err


def test_an_extension_that_is_written_into_the_file_counts_at_once(book: Run) -> None:
    file = Path("hw2/assignment.toml")
    more = '[[extension]]\nstudent = "s2"\ndue = "2024-12-03 23:59"\nreason = "ill"\n'
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    done = book("show", "s2")
    assert "due 2024-12-03 23:59 +01:00\nextension: ill\n" in done.out
    assert "score       10 of 20" in done.out


def test_a_file_that_is_gone_or_renamed_leaves_the_rules_of_the_last_grading(book: Run) -> None:
    as_it_was = book("show").out
    file = Path("hw2/assignment.toml")
    file.write_text(file.read_text(encoding="utf-8").replace('"hw2"', '"hw9"'), encoding="utf-8")
    for named in ([], ["--assignment", "hw2"]):
        done = book("show", *named)
        assert done.out == as_it_was
        assert "is now assignment 'hw9': the rules of 'hw2' are those that the class was last graded with" in done.err
    assert "holds no assignment 'hw9'" in book("show", "--assignment", "hw2/assignment.toml").err
    file.write_text(file.read_text(encoding="utf-8").replace('"hw9"', '"hw2"'), encoding="utf-8")
    file.rename("moved.toml")
    gone = book("show")
    assert gone.out == as_it_was == book("show", "--assignment", "moved.toml").out
    assert "is gone: the rules are those that the class was last graded with" in gone.err
    assert "is gone" not in book("show", "--assignment", "moved.toml").err
    assert "There is no file hw2/assignment.toml" in book("show", "--assignment", "hw2/assignment.toml").err


def test_a_file_that_no_longer_reads_is_named_with_its_line(book: Run) -> None:
    file = Path("hw2/assignment.toml")
    file.write_text(file.read_text(encoding="utf-8").replace("2024-12-01", "2024-13-01"), encoding="utf-8")
    done = book("show")
    assert done.code == 2
    assert "assignment.toml:4: due:" in done.err


def test_a_class_list_that_is_gone_is_remembered(book: Run) -> None:
    as_it_was = book("show").out
    Path("roster.csv").unlink()
    done = book("show")
    assert done.out == as_it_was
    assert "is gone: the class list is the one that the class was last graded with" in done.err


# Names


def test_names_that_attack_stay_names(run: Run, book: Run) -> None:
    hostile = [f"{RTL}evil", "=1+1", 'quo"te', "a,b;c", "x" * 200, "-n", "日本語", "\x1b[31mred"]
    hand_in(*hostile)
    run("grade", "class", "--exercises", "corr2d", "--public-only", "--out", "other")
    file = ("--gradebook", "other/gradebook.sqlite")
    ids = {each["student"] for each in json.loads(book("show", "--format", "json", *file).out)["students"]}
    assert len(ids) == 4 + len(hostile)
    book("regrade", *file, "--by", "\x1b[31mroot", "--note", f"a\n{RTL}b", "--", *ids)
    printed = [book(command, *file) for command in ("show", "regrade", "diff")]
    for id in ids:
        assert book("adjust", *file, "--points", "1", "--reason", f"=1+1;=2\x1b[2J{RTL}", "--", id).code == 0
        assert book("comment", *file, "--", id, f"{RTL}=1+1").code == 0
        printed += [book(command, *file, "--", id) for command in ("show", "history")]
    for done in printed:
        assert done.code == 0
        assert not {RTL, "\x1b"} & set(done.out)
    for format in ("csv", "gradescope", "nbgrader", "otter"):
        cells = [cell for row in csv.reader(io.StringIO(book("export", "--format", format, *file).out)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@")) or RTL in cell]
    for command in (["show"], ["history"], ["history", "=1+1"], ["diff"]):
        for row in table(book(*command, "--format", "csv", *file).out):
            assert not [cell for cell in row.values() if cell.startswith(("=", "@")) or RTL in cell]


def test_an_umlaut_is_one_name_however_it_is_spelt(run: Run, book: Run) -> None:
    hand_in(unicodedata.normalize("NFD", "Jörg"))
    run("grade", "class", "--exercises", "corr2d", "--public-only", "--out", "other")
    for form in ("NFC", "NFD"):
        assert book("show", unicodedata.normalize(form, "Jörg"), "--gradebook", "other/gradebook.sqlite").code == 0


# Copies and exports


def test_a_backup_is_a_gradebook_of_its_own_and_replaces_nothing_unasked(book: Run) -> None:
    assert book("backup", "-o", "copy.sqlite").out == "copied to copy.sqlite\n"
    assert book("show", "--gradebook", "copy.sqlite").out == book("show").out
    assert "copy.sqlite is there already." in book("backup", "-o", "copy.sqlite").err
    assert book("backup", "-f", "-o", "copy.sqlite").code == 0
    assert "is the gradebook itself." in book("backup", "-f", "-o", "graded/gradebook.sqlite").err
    assert book("backup", "-o", "no/such/copy.sqlite").code == 3


SHEETS = {
    "canvas": "Student,ID,SIS User ID,SIS Login ID,Section,Convolutions (1)\n    Points Possible,,,,,20\n"
    '"Lovelace, Ada",9,s1,ada,A,\n"Müller, Ben",8,s2,ben,A,\n',
    "moodle": "Identifier,Full name,ID number,Status,Grade,Maximum Grade\n"
    "Participant 1,Ada Lovelace,s1,,,20\nParticipant 2,Ben Müller,s2,,,20\n",
}


@pytest.mark.parametrize("format", ["canvas", "moodle", "gradescope", "nbgrader", "otter", "csv", "json"])
def test_the_class_is_exported_to_each_format(book: Run, format: str) -> None:
    sheet = []
    if text := SHEETS.get(format):
        Path("sheet.csv").write_text(text, encoding="utf-8")
        sheet = ["--sheet", "sheet.csv"]
    done = book("export", "--format", format, *sheet, "-o", "grades")
    assert (done.code, done.out) == (0, "")
    written = Path("grades").read_text(encoding="utf-8")
    assert written == book("export", "--format", format, *sheet).out
    if format == "json":
        scores = {each["student"]: each["score"] for each in json.loads(written)["students"]}
        assert (scores["s2"], scores["s4"]) == ("9", None)
        return
    (row,) = [row for row in csv.reader(io.StringIO(written)) if {"s2", "Ben Müller"} & set(row)]
    assert {"9", "9.0"} & set(row)
    assert "grades is there already." in book("export", "--format", format, *sheet, "-o", "grades").err
