"""Feedback: the student's view and nothing more, whatever students write."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from d2l_kit.assign.model import Attempts, Shown
from d2l_kit.errors import UsageError
from d2l_kit.gradebook.model import ClassBook, Penalty, Standing, Student
from d2l_kit.gradebook.pages.feedback import Format, environment, feedback, render, stems, tell, write_feedback
from d2l_kit.report.model import Report
from pages_samples import (
    ASSIGNMENT,
    DUE,
    GRADIENT,
    TITLES,
    adjustment,
    comment,
    hostile_standing,
    sample_class,
    sample_report,
    standing,
    stored,
)
from reports_samples import SECRET, TELLS, hidden_failures, partial

ADA = Student("s001", "Ada Çelik", section="Group 2")
BOOK = ClassBook("hw2", ASSIGNMENT.title, {"ch07/corr2d": 10, "ch07/pool2d": 15}, ())


class _Elements(HTMLParser):
    """The names of all elements and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def page(one: Standing, report: Report | None, *, format: Format = Format.HTML, now=DUE, **rules: object) -> str:
    """What that student gets; the assignment's own rules may be changed."""
    return render(feedback(BOOK, one, report, replace(ASSIGNMENT, **rules), now), format, environment(format))


@pytest.mark.parametrize("format", Format)
def test_nothing_of_a_hidden_check_but_its_title_is_in_the_feedback(format: Format) -> None:
    report = hidden_failures()
    one = standing(ADA, stored(1, report, "s001"), adjustments=(adjustment(1, "Close."),), comments=(comment("Hm."),))
    text = page(one, report, format=format)
    assert SECRET not in text
    assert SECRET.lower() not in text
    assert GRADIENT in text


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize(
    ("when", "days", "shown"), [("always", -9, True), ("after_due", -1, False), ("never", 99, False)]
)
def test_diagnoses_and_hidden_checks_are_shown_when_the_assignment_says(
    format: Format, when: str, days: int, shown: bool
) -> None:
    for report, told, setting in ((partial(), TELLS, "diagnoses"), (hidden_failures(), GRADIENT, "hidden_checks")):
        one = standing(ADA, stored(1, report, "s001"))
        text = page(one, report, format=format, now=DUE + timedelta(days=days), **{setting: Shown(when)})
        assert (told in text) is shown


@pytest.mark.parametrize("format", Format)
def test_points_of_hidden_checks_count_also_where_they_are_not_listed(format: Format) -> None:
    report = hidden_failures()
    one = standing(ADA, stored(1, report, "s001"))
    text = page(one, report, format=format, hidden_checks=Shown.NEVER).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"4 checks that you do not have\W.*?0 of 5\W", text, re.DOTALL)
    assert "This assignment does not show how each of them ended." in text


def test_what_is_listed_and_what_is_not_adds_up_to_the_points() -> None:
    chance = random.Random(3)
    for number in range(40):
        report = sample_report("s001", chance, number / 40)
        one = standing(ADA, stored(1, report, "s001"))
        for when in Shown:
            rules = replace(ASSIGNMENT, hidden_checks=when)
            for each in feedback(BOOK, one, report, rules, DUE - timedelta(days=1)).exercises:
                assert each.view is not None
                rest = each.unlisted
                assert each.earned == each.view.earned + (rest.earned if rest else 0)
                assert each.pending == each.view.pending + (rest.pending if rest else 0)
                if each.view.checks:
                    assert each.points == sum(check.points for check in each.view.checks) + (rest.points if rest else 0)


def test_checks_count_out_of_what_the_exercise_is_worth_now() -> None:
    report = partial()
    book = ClassBook("hw2", ASSIGNMENT.title, {id: 3 * points for id, points in BOOK.exercises.items()}, ())
    for each in feedback(book, standing(ADA, stored(1, report, "s001")), report, None, DUE).exercises:
        if each.view is not None and each.view.checks:
            assert sum(check.points for check in each.view.checks) == each.points == each.view.points


def test_after_due_means_the_students_own_due_date() -> None:
    report = hidden_failures()
    late, extended = (standing(Student(id), stored(1, report, id)) for id in ("s001", "s007"))
    now = DUE + timedelta(days=1)
    assert GRADIENT in page(late, report, now=now, hidden_checks=Shown.AFTER_DUE)
    text = page(extended, report, now=now, hidden_checks=Shown.AFTER_DUE)
    assert GRADIENT not in text
    assert "your own due date" in text
    assert "8\N{NO-BREAK SPACE}December 2026, 23:59 (Europe/Berlin, UTC+01:00)" in text


@pytest.mark.parametrize("format", Format)
def test_adjustments_lateness_and_comments_stand_apart_with_their_reasons(format: Format) -> None:
    report = partial()
    one = standing(
        ADA,
        stored(1, report, "s001"),
        automatic={"ch07/corr2d": Fraction(2), "ch07/pool2d": Fraction(15)},
        adjustments=(adjustment(3, "Read my note.", "ch07/corr2d"), adjustment(Fraction(-1, 2), "No name on it.")),
        comments=(comment("First line.\nSecond line.", "ch07/pool2d"), comment("Well done.")),
        penalty=Penalty(timedelta(hours=26), Fraction(20), note="20 % for two started days"),
        notes=("automatic score changed since the adjustment of 3 December 2026",),
    )
    text = page(one, report, format=format)
    for said in ("Read my note.", "No name on it.", "20 % for two started days", "Second line.", "Well done."):
        assert said in text
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    for number in ("+3", "−0.5", "−3.9", "15.6 of 25", "1 day 2 hours late"):
        assert number in text
    assert "automatic score changed since" in text


@pytest.mark.parametrize("format", Format)
def test_who_handed_in_nothing_is_told_so(format: Format) -> None:
    text = page(standing(ADA), None, format=format)
    assert "othing" in text
    assert "0 of 25" in text


def test_of_several_attempts_the_one_that_counts_is_named() -> None:
    report = partial()
    one = standing(ADA, stored(1, report, "s001"), stored(2, report, "s001", attempt=2))
    text = page(one, report, attempts=Attempts.BEST)
    assert "2 of 2" in text
    assert "Your best attempt counts." in text


def test_students_text_becomes_no_markup_in_html() -> None:
    one, report = hostile_standing()
    text = render(feedback(BOOK, one, report, None, DUE), Format.HTML, environment(Format.HTML))
    elements = _Elements(text)
    assert not elements.tags & {"script", "img", "iframe", "object", "form"}
    assert not any(name.startswith("on") or name == "style" for name in elements.attributes)
    assert text.count("</style>") == 1
    assert "{{ 7 * 7 }}" in text
    assert "\u202e" not in text and "\x1b" not in text and "\x00" not in text
    assert len(text) < 200_000
    assert text.encode("utf-8")


def test_students_text_becomes_no_markup_in_markdown() -> None:
    one, report = hostile_standing()
    text = render(feedback(BOOK, one, report, None, DUE), Format.MARKDOWN, environment(Format.MARKDOWN))
    prose = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
    assert "# x" not in prose
    assert "<" not in prose
    assert not re.search(r"(?<!\\)\]\(", prose)
    assert "\u202e" not in text
    assert len(text) < 200_000


def test_a_file_per_student_is_written_for_the_owner_alone(tmp_path: Path) -> None:
    of = sample_class(20)
    names = stems(each.student.id for each in of.book.standings)
    told = tell(of.book, of.book.standings, of.reports.__getitem__, ASSIGNMENT, DUE, TITLES)
    assert write_feedback(told, tmp_path / "a" / "feedback", [*Format], names) == 20
    written = sorted((tmp_path / "a" / "feedback").iterdir())
    assert [path.name for path in written[:2]] == ["s000.html", "s000.md"]
    assert len(written) == 40
    assert {path.stat().st_mode & 0o077 for path in written} == {0}


def test_names_of_files_are_safe_and_never_shared() -> None:
    ids = ["s001", "Ada", "ada", "../../etc/passwd", "con", "a/b", "a:b", "é", ".hidden", "x" * 300, "", "\udc80"]
    names = stems(ids)
    assert names["s001"] == "s001"
    assert len({name.casefold() for name in names.values()}) == len(ids)
    for name in names.values():
        assert re.fullmatch(r"[A-Za-z0-9_@+-][A-Za-z0-9._@+-]{0,95}", name)
        assert not re.fullmatch(r"con|prn|aux|nul", name, re.IGNORECASE)


def test_a_template_of_ones_own_takes_the_kits_place(tmp_path: Path) -> None:
    own = tmp_path / "feedback" / "feedback.html.j2"
    own.parent.mkdir()
    own.write_text("{{ told.title }}: {{ told.standing.student.name }}\n", encoding="utf-8")
    told = feedback(BOOK, standing(replace(ADA, name="<b>")), None, ASSIGNMENT, DUE)
    text = render(told, Format.HTML, environment(Format.HTML, tmp_path), tmp_path)
    assert text == "Homework 2: Convolutions: &lt;b&gt;\n"


@pytest.mark.parametrize("wrong", ["{% if %}", "{{ told.nothing }}"])
def test_a_broken_template_of_ones_own_is_named(tmp_path: Path, wrong: str) -> None:
    own = tmp_path / "feedback" / "feedback.html.j2"
    own.parent.mkdir()
    own.write_text(wrong, encoding="utf-8")
    told = feedback(BOOK, standing(ADA), None, ASSIGNMENT, DUE)
    with pytest.raises(UsageError) as caught:
        render(told, Format.HTML, environment(Format.HTML, tmp_path), tmp_path)
    assert "feedback/feedback.html.j2" in caught.value.message
    assert str(tmp_path) in caught.value.remedy
