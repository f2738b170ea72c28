"""`--format html` and `--format markdown`: the student's view, safe whatever students write."""

from __future__ import annotations

import re

import pytest
from d2l_kit.plugins import load_plugins
from d2l_kit.report import html, markdown
from d2l_kit.report.formats import parse_request, report_formats
from d2l_kit.report.page import as_markdown, fenced
from d2l_kit.report.view import student_view
from reports_samples import SAMPLES, SECRET


@pytest.mark.parametrize("render", [html.render, markdown.render], ids=["html", "markdown"])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_can_be_shown_and_tells_no_secret(name: str, render) -> None:
    text = render(student_view(SAMPLES[name]()))
    assert SECRET not in text
    assert text.encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize(("module", "asked"), [(html, "html:report.html"), (markdown, "markdown:report.md")])
def test_the_formats_can_be_asked_for_by_name(module, asked) -> None:
    formats, problems = report_formats(load_plugins()[0])
    assert problems == ()
    request = parse_request(asked, formats)
    assert request.format.render is module.render
    assert request.file is not None and request.file.suffix == request.format.suffix


def test_what_was_run_is_always_said() -> None:
    for render in (html.render, markdown.render):
        assert "3 of 6 public checks passed. Hidden checks run" in render(student_view(SAMPLES["partial"]()))
        assert "3 of 7 checks passed, of the public ones 3 of 3." in render(student_view(SAMPLES["hidden_failures"]()))


def test_markdown_shows_text_as_it_was_written() -> None:
    assert as_markdown("a*b_c <i>&amp; [x](y)") == r"a\*b\_c &lt;i&gt;&amp;amp; \[x\](y)"
    assert as_markdown("# no heading\nno second line") == r"\# no heading no second line"
    assert as_markdown("- a") == r"\- a"
    assert as_markdown("1. a") == r"1\. a"
    assert as_markdown("17.5") == "17.5"
    assert fenced("```\nx\n````").startswith("`````text\n")


@pytest.mark.parametrize("module", [html, markdown])
def test_templates_are_read_once_for_any_number_of_reports(module, monkeypatch: pytest.MonkeyPatch) -> None:
    from jinja2 import Environment

    view = student_view(SAMPLES["partial"]())
    first = module.render(view)
    monkeypatch.setattr(Environment, "compile", lambda *_, **__: pytest.fail("a template is compiled again"))
    assert module.render(view) == first
