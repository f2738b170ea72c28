"""The student's view as one HTML page: no script, nothing from elsewhere, for screens light and dark and for paper."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report import page
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.view import StudentReport

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "report/report.html.j2"


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The page; the options change nothing."""
    share = float(100 * report.earned / report.points) if report.points else 0.0
    return page.render(_pages(), TEMPLATE, report=report, share=share, told=page.told(report))


@cache  # to read and compile the templates takes twenty times as long as to fill them in
def _pages() -> Environment:
    return page.html_pages()


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `html`."""
    return [ReportFormat("html", ".html", render, "one page for a browser or a printer")]
