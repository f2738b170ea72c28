"""The student's view as one HTML page: no script, nothing from elsewhere, for screens light and dark and for paper."""

from __future__ import annotations

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report import page
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.view import StudentReport

TEMPLATE = "report/report.html.j2"


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The page; the options change nothing."""
    share = float(100 * report.earned / report.points) if report.points else 0.0
    return page.render(page.html_pages(), TEMPLATE, report=report, share=share, told=page.told(report))


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `html`."""
    return [ReportFormat("html", ".html", render, "one page for a browser or a printer")]
