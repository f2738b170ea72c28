"""The class page: counted right, safe to open, legible in every light."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product
from pathlib import Path

import d2l_templates
import pytest
from d2l_kit.gradebook.model import ClassBook, Student
from d2l_kit.gradebook.pages.class_page import class_figures, render
from d2l_kit.gradebook.pages.figures import histogram
from pages_samples import DUE, EXERCISES, TITLES, hostile_standing, sample_class, standing, stored
from reports_samples import SECRET, TELLS, all_passed, partial

STYLE = (Path(d2l_templates.__file__).parent / "page" / "style.css").read_text(encoding="utf-8")


def test_a_student_counts_once_for_a_mistake_however_often_it_came() -> None:
    wrong, right = partial(), all_passed()
    mended = standing(Student("a"), stored(1, wrong, "a"), stored(2, wrong, "a", 2), stored(3, right, "a", 3))
    kept = standing(Student("b"), stored(4, wrong, "b"))
    figures = class_figures(ClassBook("hw2", "", EXERCISES, (mended, kept)), ())
    [mistake] = figures.mistakes
    assert (mistake.words, mistake.students, mistake.still) == ("flips kernel", 2, 1)
    text = render(figures, DUE)
    assert "<strong>2</strong> of 2" in text
    assert TELLS in text


def test_exercises_and_checks_are_counted_over_the_attempts_that_count() -> None:
    of = sample_class(60)
    figures = class_figures(of.book, of.checks(), TITLES)
    handed_in = sum(each.handed_in for each in of.book.standings)
    assert {each.handed_in for each in figures.exercises} == {handed_in}
    assert figures.hardest
    assert all(0 < check.failed <= check.judged <= handed_in for check in figures.hardest)
    shares = [check.share for check in figures.hardest]
    assert shares == sorted(shares, reverse=True)


def test_whose_work_wants_a_look_is_marked() -> None:
    of = sample_class(60)
    figures = class_figures(of.book, ())
    assert [each.standing.student.id for each in figures.marked("late")][:2] == ["s000", "s011"]
    assert all(not each.standing.handed_in and not each.standing.excused for each in figures.marked("missing"))
    assert {each.standing.student.id for each in figures.marked("adjusted")} == {"s001", "s018", "s035", "s052"}


def test_a_class_without_any_hand_in_is_a_page_too() -> None:
    text = render(class_figures(ClassBook("hw2", "", EXERCISES, (standing(Student("a")),)), ()), DUE)
    assert "Nobody has handed in yet." in text
    assert render(class_figures(ClassBook("", "", {}, ()), ()), DUE)


def test_the_page_for_showing_names_nobody() -> None:
    of = sample_class(30)
    figures = class_figures(of.book, of.checks(), TITLES)
    named, unnamed = render(figures, DUE), render(figures, DUE, with_people=False)
    for each in of.book.standings:
        assert each.student.name in named
        assert each.student.name not in unnamed
    assert "s999_guest" not in unnamed


def test_the_page_loads_nothing_runs_nothing_and_says_so_in_its_policy() -> None:
    one, _ = hostile_standing()
    text = render(class_figures(ClassBook("hw2", one.student.name, EXERCISES, (one,)), ()), DUE)
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert " style=" not in text
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?\s*(?:https?:)?//""", text)
    assert SECRET not in text


def test_every_score_has_its_bin_and_the_columns_stay_in_the_drawing() -> None:
    chart = histogram([Fraction(0), Fraction(5, 2), Fraction(25), Fraction(30), Fraction(-1)], 25)
    assert [each.count for each in chart.bins] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert all(0 <= each.y <= chart.height and each.x + each.width <= 100 for each in chart.columns)
    assert histogram([], 0).ticks[0].value == 0


@pytest.mark.parametrize("most", [1, 3, 7, 60, 999])
def test_a_histogram_has_few_ticks_of_whole_students(most: int) -> None:
    ticks = [tick.value for tick in histogram([Fraction(1)] * most, 10).ticks]
    assert 2 <= len(ticks) <= 6
    assert ticks[-1] >= most


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_every_pair_of_text_and_ground_has_the_contrast_that_accessibility_asks(theme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[theme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    pairs = [*product(("text", "muted", "accent", "good", "bad", "wait"), ("ground", "sheet"))]
    pairs += [
        ("muted", "sunken"),
        ("text", "sunken"),
        ("sheet", "accent"),
        ("text", "accent-soft"),
        ("text", "wait-soft"),
    ]
    pairs += [(name, f"{name}-soft") for name in ("accent", "good", "bad", "wait")]
    poor = {pair: _contrast(*(colours[name] for name in pair)) for pair in pairs}
    assert not {pair: value for pair, value in poor.items() if value < 4.5}


def test_the_stylesheet_is_safe_to_put_into_a_template() -> None:
    assert not re.search(r"\{[{%#]|</", STYLE)
    assert "url(" not in STYLE and "@import" not in STYLE


def test_a_live_site_can_put_its_own_frame_and_links_around_the_page() -> None:
    from d2l_kit.report.page import html_pages
    from jinja2 import DictLoader

    pages = html_pages()
    frame = (
        "{% extends 'page/base.html.j2' %}{% block policy %}{% endblock %}"
        "{% block navigation %}<nav>N</nav>{% endblock %}"
    )
    pages.loader.loaders.insert(0, DictLoader({"site.html.j2": frame}))
    pages.globals |= {"link": lambda id: f"/student/{id}"}
    figures = class_figures(sample_class(5).book, ())
    values = {"of": figures, "now": DUE, "zone": "UTC", "with_people": True}
    text = pages.get_template("class_page/class_page.html.j2").render(layout="site.html.j2", **values)
    assert "<nav>N</nav>" in text and "Content-Security-Policy" not in text
    assert '<a href="/student/s001">' in text


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
