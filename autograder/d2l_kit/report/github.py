"""The student's view in a run of GitHub Actions: the log, annotations on lines of code, a summary, outputs.

The log is the terminal's text. It holds what students' code has said, and GitHub obeys lines such as `::error::` or
`::set-output` wherever they come from: so it stands between `::stop-commands::TOKEN` and `::TOKEN::`. The token is
made from the text itself; a text that holds its own digest cannot be written. Then come at most 10 errors, as many
as GitHub takes of a step, and one notice with the points. Summary and outputs go to the files that GitHub names.
Syntax: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report import markdown, terminal
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import points_text
from d2l_kit.report.page import told
from d2l_kit.report.text import cut, excerpt, one_line, visible
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import DIAGNOSIS, said, titled

ERRORS_MAX = 10  # of a step; what comes after them GitHub drops without a word
TEXT_LIMIT = 2_000  # characters of one annotation
SUMMARY_BYTES = 1_000_000  # of a step's summary GitHub takes 1 MiB, or nothing at all

_MORE = "and {count} more checks that do not pass: see the log"
_POINTS = "{earned} of {points} points. {told}"
_SUMMARY_CUT = "\n\nThe rest is too long for a summary: see the log.\n"


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """Log and annotations, for standard output."""
    log = terminal.render(report, options)
    token = hashlib.sha256(log.encode("utf-8", "surrogatepass")).hexdigest()
    errors = list(_errors(report))
    shown = errors if len(errors) <= ERRORS_MAX else errors[: ERRORS_MAX - 1]
    if len(errors) > len(shown):
        shown.append(_command("error", _MORE.format(count=len(errors) - len(shown)), title="d2l-kit"))
    text = _POINTS.format(earned=points_text(report.earned), points=report.points, told=told(report))
    lines = [f"::stop-commands::{token}\n{log.rstrip(chr(10))}\n::{token}::", *shown]
    return "\n".join([*lines, _command("notice", text, title="d2l-kit")]) + "\n"


def summary(report: StudentReport) -> str:
    """The job's summary: the report as Markdown, cut where GitHub would take nothing."""
    text = markdown.render(report)
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= SUMMARY_BYTES:
        return text
    kept = data[:SUMMARY_BYTES].decode("utf-8", "ignore")
    return kept[: kept.rfind("\n") + 1] + _SUMMARY_CUT


def outputs(report: StudentReport) -> str:
    """What later steps can read: `points`, `max_points`, `passed`."""
    passed = bool(report.exercises) and report.earned == report.points
    values = {"points": points_text(report.earned), "max_points": report.points, "passed": str(passed).lower()}
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _errors(report: StudentReport) -> Iterator[str]:
    """One for each failing public check, and one for all failing hidden checks of an exercise."""
    for exercise in report.exercises:
        failing = [check for check in exercise.checks if check.failed]
        for number, check in enumerate(check for check in failing if not check.hidden):
            yield _error(exercise, check, with_diagnosis=number == 0)
        hidden = [titled(check) for check in failing if check.hidden]
        if hidden:
            title = f"{exercise.id}: hidden checks that do not pass"
            yield _command("error", "\n".join(islice(hidden, 20)), title=title, file=exercise.file)


def _error(exercise: StudentExercise, check: StudentCheck, with_diagnosis: bool) -> str:
    text = said(check)
    if with_diagnosis and exercise.diagnosis:
        text = f"{DIAGNOSIS} {exercise.diagnosis.tells}\n{text}"
    where = check.location
    title = f"{exercise.id}: {titled(check)}"
    if where is None or where.cell is not None:  # a notebook's lines are not those of a cell
        return _command("error", text, title=title, file=where.file if where else exercise.file)
    return _command("error", text, title=title, file=where.file, line=str(where.line))


def _command(name: str, message: str, **properties: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{name} {given}::{_data(excerpt(message, TEXT_LIMIT))}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(cut(one_line(cut(text, TEXT_LIMIT)), 200)).replace(":", "%3A").replace(",", "%2C")


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `github`."""
    files = {"GITHUB_STEP_SUMMARY": summary, "GITHUB_OUTPUT": outputs}
    return [ReportFormat("github", ".txt", render, "GitHub Actions: log, annotations, job summary", beside=files)]
