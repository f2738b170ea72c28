"""The student's view as Markdown, for pull requests, job summaries and platforms that show it.

Students' text is escaped, such that it shows as it was written: no heading, link, image or HTML can come from it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report import page
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.view import StudentReport

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "report/report.md.j2"


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The text; the options change nothing."""
    return page.render(_pages(), TEMPLATE, report=report, told=page.told(report))


@cache  # to read and compile the templates takes twenty times as long as to fill them in
def _pages() -> Environment:
    return page.markdown_pages()


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `markdown`."""
    return [ReportFormat("markdown", ".md", render, "Markdown, for GitHub and the like")]
