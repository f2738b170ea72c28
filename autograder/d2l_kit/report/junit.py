"""The student's view as JUnit XML, which CI systems show: a suite per exercise, a test case per check.

The format has no official description. Followed here: what pytest writes (src/_pytest/junitxml.py, the xunit2
family) and the elements described at https://github.com/testmoapp/junitxml. Points, which it has no word for,
stand in `<properties>`. As everywhere, a hidden check tells its title and how it ended, no more.

    <testsuites name tests failures errors skipped time>
      <testsuite name tests failures errors skipped time timestamp hostname>
        <properties> <property name value/> </properties>
        <testcase classname name time>
          <properties> … </properties>  <failure message type> | <error …> | <skipped …>  <system-out>

`failure`: the answer was wrong. `error`: there was no answer to judge. `skipped`: not run, or still the stub.
The text is ASCII (the rest as character references); what XML 1.0 forbids is written out (`\\x00`). A message
longer than TEXT_LIMIT characters is cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import Evidence, ExerciseStatus, Status, points_text
from d2l_kit.report.text import cut, excerpt, one_line
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import ENDED, place, reason, said, titled

TEXT_LIMIT = 20_000  # characters of a message or an output
ATTRIBUTE_LIMIT = 200  # characters of a name or of a message's first line

_KIND = {
    Status.FAILED: "failure",
    Status.FORBIDDEN: "failure",
    Status.RAISED: "error",
    Status.TIMEOUT: "error",
    Status.MEMORY: "error",
    Status.OUTPUT: "error",
    Status.EXITED: "error",
    Status.MALFORMED: "error",
    Status.NOT_RUN: "skipped",
    Status.NOT_STARTED: "skipped",
}
_COUNTS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
_HOST = "localhost"  # the value for "unknown"; a student's report need not name machines


@dataclass(frozen=True)
class _Case:
    """A test case: its name, what it counts as ("" if passed), and the XML around the name."""

    name: str
    kind: str
    seconds: float
    content: str


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The report as one XML document; the options change nothing."""
    return _document([(report, exercise, exercise.id) for exercise in report.exercises])


def render_class(reports: Sequence[StudentReport], options: Options = PLAIN) -> str:
    """Many submissions in one document: their names lead those of the suites."""
    return _document([(r, exercise, f"{r.submission}/{exercise.id}") for r in reports for exercise in r.exercises])


def _document(parts: Sequence[tuple[StudentReport, StudentExercise, str]]) -> str:
    total: Counter[str] = Counter()
    suites: list[str] = []
    for report, exercise, name in parts:
        cases = [_case(check) for check in exercise.checks] or [_caseless(exercise)]
        total.update(_counts(cases))
        suites.append(_suite(report, exercise, name, cases))
    seconds = sum(exercise.duration for _, exercise, _ in parts)
    counts = {count: total[count] for count in ("tests", *_COUNTS.values())}
    root = _element("testsuites", {"name": "d2l-kit", **counts, "time": f"{seconds:.3f}"}, *suites)
    text = f'<?xml version="1.0" encoding="us-ascii"?>\n{root}\n'
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _suite(report: StudentReport, exercise: StudentExercise, name: str, cases: Sequence[_Case]) -> str:
    properties: dict[str, str | int] = {
        "title": exercise.title,
        "points": exercise.points,
        "earned": points_text(exercise.earned),
        "pending": points_text(exercise.pending),
        "scope": report.scope,
        "confinement": report.confinement,
        **({"diagnosis": exercise.diagnosis.tells} if exercise.diagnosis else {}),
    }
    attributes: dict[str, str | int] = {
        "name": name,
        **_counts(cases),
        "time": f"{exercise.duration:.3f}",
        "timestamp": report.graded_at,
        "hostname": _HOST,
    }
    classname = name.replace("/", ".")
    named = zip(_told_apart([case.name for case in cases]), cases, strict=True)
    elements = [
        _element("testcase", {"classname": classname, "name": n, "time": f"{case.seconds:.3f}"}, case.content)
        for n, case in named
    ]
    return _element("testsuite", attributes, _properties(properties), *elements)


def _case(check: StudentCheck) -> _Case:
    properties: dict[str, str | int] = {
        "visibility": check.visibility,
        "status": check.status,
        "points": points_text(check.points),
        **({"evidence": check.evidence} if check.evidence is Evidence.OBSERVED else {}),
        **({"file": place(check.location)} if check.location else {}),
    }
    content = _properties(properties)
    kind = _KIND.get(check.status, "")
    if kind:
        content += _outcome(kind, check.status, reason(check), said(check))
    if check.log:
        content += f"<system-out>{_text(check.log)}</system-out>"
    return _Case(titled(check), kind, check.duration, content)


def _caseless(exercise: StudentExercise) -> _Case:
    """No reader shows a suite without cases: an exercise of which no check was run becomes one case."""
    kind = "error" if exercise.status is ExerciseStatus.FAILED else "skipped"
    not_started = exercise.status is ExerciseStatus.NOT_STARTED
    message = ENDED[Status.NOT_STARTED] if not_started else "no check was run"
    content = _outcome(kind, exercise.status, message, "\n".join(exercise.notes))
    return _Case(exercise.title or exercise.id, kind, 0.0, content)


def _outcome(kind: str, status: str, message: str, text: str) -> str:
    return _element(kind, {"type": f"d2l_kit.{status}", "message": message}, _text(text))


def _counts(cases: Sequence[_Case]) -> dict[str, int]:
    kinds = Counter(case.kind for case in cases)
    return {"tests": len(cases), **{count: kinds[kind] for kind, count in _COUNTS.items()}}


def _told_apart(names: Sequence[str]) -> list[str]:
    """Names that occur again are numbered: readers take class name and name for a test's identity."""
    seen: Counter[str] = Counter()
    apart: list[str] = []
    for name in map(_short, names):
        seen[name] += 1
        apart.append(name if seen[name] == 1 else f"{name} [{seen[name]}]")
    return apart


def _properties(values: Mapping[str, str | int]) -> str:
    return _element("properties", {}, *(_element("property", {"name": n, "value": v}) for n, v in values.items()))


def _element(tag: str, attributes: Mapping[str, str | int], *content: str) -> str:
    """An element; attributes are escaped here, `content` is XML already.

    Written by hand: ElementTree takes twice as long.
    """
    start = "".join(f' {name}="{escape(_short(str(value)))}"' for name, value in attributes.items())
    inside = "".join(content)
    return f"<{tag}{start}>{inside}</{tag}>" if inside else f"<{tag}{start}/>"


def _short(text: str) -> str:
    if len(text) <= ATTRIBUTE_LIMIT and text.isprintable():
        return text
    return cut(one_line(cut(text, TEXT_LIMIT)), ATTRIBUTE_LIMIT)


def _text(text: str) -> str:
    return escape(excerpt(text, TEXT_LIMIT))


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `junit`."""
    return [ReportFormat("junit", ".xml", render, "JUnit XML for CI systems", render_class)]
