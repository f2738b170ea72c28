"""The pages in a real browser: nothing is asked of elsewhere, nothing complains, nothing is wider than the screen."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.gradebook.pages.class_page import class_figures
from d2l_kit.gradebook.pages.class_page import render as render_class
from d2l_kit.gradebook.pages.feedback import Format, environment, feedback, render
from d2l_kit.report.html import render as render_report
from d2l_kit.report.view import student_view
from pages_samples import ASSIGNMENT, DUE, TITLES, hostile_standing, sample_class

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = os.environ.get("D2L_CHROMIUM") or shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Path]:
    of = sample_class(40)
    html = environment(Format.HTML)
    one = of.book.standings[1]
    evil, report = hostile_standing()
    texts = {
        "class": render_class(class_figures(of.book, of.checks(), TITLES), DUE),
        "feedback": render(feedback(of.book, one, of.reports[one.counted.id], ASSIGNMENT, DUE), Format.HTML, html),
        "report": render_report(student_view(of.reports[one.counted.id])),
        "hostile": render(feedback(of.book, evil, report, None, DUE), Format.HTML, html),
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: tmp_path / f"{name}.html" for name in texts}


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_quiet_and_fit_the_screen(browser: Any, pages: dict[str, Path], width: int, scheme: str) -> None:
    for path in pages.values():
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        heard: list[str] = []
        page.on("console", lambda message, heard=heard: heard.append(message.text))
        page.on("pageerror", lambda error, heard=heard: heard.append(str(error)))
        page.on("dialog", lambda dialog, heard=heard: (heard.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request, heard=heard: heard.append(request.url))
        page.goto(path.as_uri())
        for summary in page.locator("summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [text for text in heard if not text.startswith(("data:", path.as_uri()))] == []
        page.close()


def test_the_list_of_students_is_narrowed_without_a_script(browser: Any, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["class"].as_uri())
    rows = page.locator("table.people tbody tr:visible")
    assert rows.count() == 40
    page.locator("label", has_text="late").last.click()
    assert rows.count() == page.locator("tr.is-late").count() < 40
    page.close()


@pytest.mark.parametrize("name", ["class", "feedback", "hostile", "report"])
def test_names_in_tables_keep_their_words_on_a_phone(browser: Any, pages: dict[str, Path], name: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(pages[name].as_uri())
    names = [each.bounding_box() for each in page.locator("table.rows tbody th").all()]
    assert names
    assert min(box["width"] for box in names) >= 150
    page.close()


def test_pages_can_be_printed(browser: Any, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["feedback"].as_uri())
    assert page.pdf().startswith(b"%PDF")
    page.close()
