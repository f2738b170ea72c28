"""What `d2l-kit check` prints: a line per exercise, the first failing check in full, the rest in a line each.

Read top to bottom it says what to do next: students fix one thing at a time, so failures stand in teaching
order and only the first is spelled out, with the place, the diagnosis and the command for a hint. The last
line always says which checks were run. `render` is the join of `render_exercise` and `render_summary`, which
serve a command that shows results one after the other; those two end without a line feed, and are empty where
there is nothing to say (an exercise not started is only listed in the summary).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from fractions import Fraction

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report._style import Style, style_for
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import ExerciseStatus, Status, points_text
from d2l_kit.report.text import columns, cut, encodable, excerpt, fit, one_line, pad, visible
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import DIAGNOSIS, ENDED, PUBLIC_ONLY, place, reason

NAME_COLUMNS = 28
STATUS_COLUMNS = 11
MIN_WIDTH = 40
MIN_TITLE = 10  # columns of a title that a long path must leave
TEXT_LIMIT = 8_000  # characters of one message; a submission can raise with ten million
MESSAGE_LINES = 40
LOG_LINES = 5
LISTED = 12  # names of exercises not started

_STATUS = {
    ExerciseStatus.PASSED: ("passed", "green"),
    ExerciseStatus.FAILED: ("failed", "red"),
    ExerciseStatus.NOT_STARTED: ("not started", "dim"),
    ExerciseStatus.PENDING: ("pending", "yellow"),
}
_HINT = "Next: d2l-kit hint {name}"
_PRINTED = "It printed:"
_MORE_LINES = "[... {} more lines]"
_EARLIER_LINES = "[... {} lines before]"
_NO_CHECK = "No check was run."
_NOTHING = "No exercise was checked."
_NOT_STARTED = "Not started: {names}"
_CONFINED = "Your code ran confined at level {level}, network {network}, on {device}."
_UNCONFINED = "Your code ran unconfined, on {device}."
_NETWORK = {"none": "closed", "loopback": "this machine only", "open": "open"}
_ALL_CHECKS = "{passed} of {total} checks passed"
_PUBLIC = "of the public ones {passed} of {total}"


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The whole report for a terminal, ending with a line feed."""
    blocks = [] if options.quiet else [render_exercise(exercise, options) for exercise in report.exercises]
    return "\n".join([*filter(None, blocks), render_summary(report, options)]) + "\n"


def render_exercise(exercise: StudentExercise, options: Options = PLAIN) -> str:
    """One exercise; empty if it is not started without a note, or if only the last line is wanted."""
    if options.quiet or (exercise.status is ExerciseStatus.NOT_STARTED and not exercise.notes):
        return ""
    style = style_for(options)
    lines = [_headline(exercise, style), *_body(exercise, options, style)]
    return encodable("\n".join(lines), options.encoding)


def render_summary(report: StudentReport, options: Options = PLAIN) -> str:
    """What stands below the exercises; its last line has the points and says which checks were run."""
    style = style_for(options)
    lines: list[str] = []
    if not options.quiet:
        lines += _not_started(report, options, style)
        lines += _wrapped_notes(report.notes, "", options, style)
        lines += ["", *([style.paint(_confinement(report), "dim")] if _checked(report) else [])]
    lines.append(style.paint(_last_line(report), "bold"))
    return encodable("\n".join(lines), options.encoding)


def _headline(exercise: StudentExercise, style: Style) -> str:
    word, color = _STATUS[exercise.status]
    mark = {
        ExerciseStatus.PASSED: style.marks.passed,
        ExerciseStatus.FAILED: style.marks.failed,
        ExerciseStatus.PENDING: style.marks.pending,
    }.get(exercise.status, style.marks.skipped)
    name = pad(one_line(exercise.id), NAME_COLUMNS)
    points = _points(exercise.earned, exercise.points, exercise.pending)
    return f"{style.paint(mark, color)} {name} {style.paint(pad(word, STATUS_COLUMNS), color)} {points}"


def _body(exercise: StudentExercise, options: Options, style: Style) -> Iterator[str]:
    """Everything below an exercise's line."""
    failing = [check for check in exercise.checks if check.failed]
    in_full = _told_in_full(failing, options)
    for check in in_full[:1]:
        yield from _full(check, options, style)
    yield from _advice(exercise, options, style)
    for check in exercise.checks:
        if not any(check is told for told in in_full):
            yield from _brief(check, options, style)
        elif check is not in_full[0]:
            yield from _full(check, options, style)
    if exercise.status is ExerciseStatus.FAILED and not exercise.checks:
        yield f"  {_NO_CHECK}"
    yield from _wrapped_notes(exercise.notes, "  ", options, style)


def _told_in_full(failing: Sequence[StudentCheck], options: Options) -> list[StudentCheck]:
    """The first failing check that has something to say (hidden ones have not), or all of those."""
    talking = [check for check in failing if check.message] or list(failing)
    return talking if options.verbose else talking[:1]


def _full(check: StudentCheck, options: Options, style: Style) -> Iterator[str]:
    yield f"  {style.paint(style.marks.failed, 'red')} {style.paint(_title(check), 'bold')}"
    if check.message:
        yield from _indented(excerpt(check.message, TEXT_LIMIT).strip("\n").split("\n"), MESSAGE_LINES)
    else:
        yield f"      {ENDED[check.status]}"
    if check.location:
        yield f"      at {one_line(place(check.location))}"
    yield from _log(check.log, options, style)
    yield from _wrapped_notes(check.notes, "      ", options, style)


def _advice(exercise: StudentExercise, options: Options, style: Style) -> Iterator[str]:
    """The diagnosis, and where help is."""
    if exercise.diagnosis:
        prose = f"{DIAGNOSIS} {one_line(exercise.diagnosis.tells)}"
        first, *others = _wrap(prose, "    ", options)
        yield first.replace(DIAGNOSIS, style.paint(DIAGNOSIS, "bold", "yellow"), 1)
        yield from others
    if exercise.status is ExerciseStatus.FAILED and exercise.checks:
        yield "    " + _HINT.format(name=one_line(exercise.name))


def _brief(check: StudentCheck, options: Options, style: Style) -> Iterator[str]:
    """A check in one line; passed ones only if all is to be told, or to carry a note."""
    title, why = _title(check), one_line(cut(reason(check), TEXT_LIMIT))
    where = f" ({one_line(place(check.location))})" if check.location else ""
    if check.failed:
        yield f"  {style.paint(style.marks.failed, 'red')} {_line(title, where, why, options)}"
    elif check.pending:
        yield f"  {style.paint(style.marks.pending, 'yellow')} {_line(title, '', why, options)}"
    elif check.status is not Status.PASSED:
        yield "  " + style.paint(f"{style.marks.skipped} {_line(title, '', _skipped(why, options), options)}", "dim")
    elif options.verbose or check.notes:
        yield f"  {style.paint(style.marks.passed, 'green')} {_line(title, '', '', options)}"
    yield from _wrapped_notes(check.notes, "      ", options, style)


def _skipped(why: str, options: Options) -> str:
    """Why a check was not run, in full only on demand: it is told above what stands in the way."""
    ended = ENDED[Status.NOT_RUN]
    if not options.verbose:
        return why if why in ENDED.values() else ended
    return why if why in ENDED.values() or why.startswith(ended) else f"{ended}, {why}"


def _line(title: str, where: str, why: str, options: Options) -> str:
    """Title, place and reason cut to the width; the place, which editors open, is never cut."""
    room = max(options.width, MIN_WIDTH) - len("  x ")
    head = fit(title, max(room - columns(where), MIN_TITLE)) + where
    return head + fit(f": {why}", max(room - columns(head), 0)) if why else head


def _title(check: StudentCheck) -> str:
    title = one_line(check.title or check.name).removesuffix(".")
    return f"{title} (hidden check)" if check.hidden else title


def _log(log: str, options: Options, style: Style) -> Iterator[str]:
    """The end of what was printed; a progress bar's carriage returns are line ends, its last state counts."""
    lines = [line for line in visible(log[-TEXT_LIMIT:].replace("\r", "\n")).split("\n") if line.strip()]
    if not lines:
        return
    yield style.paint(f"      {_PRINTED}", "dim")
    shown = lines if options.verbose else lines[-LOG_LINES:]
    shown = shown[-MESSAGE_LINES:]
    if len(shown) < len(lines):
        yield style.paint(f"      {style.marks.bar} {_EARLIER_LINES.format(len(lines) - len(shown))}", "dim")
    for line in shown:
        text = fit(line.expandtabs(4), max(options.width, MIN_WIDTH) - len("      | "))
        yield style.paint(f"      {style.marks.bar} {text}", "dim")


def _indented(lines: Sequence[str], most: int) -> Iterator[str]:
    for line in lines[:most]:
        yield f"      {line}".rstrip()
    if len(lines) > most:
        yield "      " + _MORE_LINES.format(len(lines) - most)


def _wrapped_notes(notes: Sequence[str], indent: str, options: Options, style: Style) -> Iterator[str]:
    for note in notes:
        for line in _wrap(f"note: {one_line(cut(note, TEXT_LIMIT))}", indent, options):
            yield style.paint(line, "dim")


def _wrap(prose: str, indent: str, options: Options) -> list[str]:
    """Prose in lines of the terminal's width; names of files and commands are never broken."""
    return textwrap.wrap(
        prose,
        max(options.width, MIN_WIDTH),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _not_started(report: StudentReport, options: Options, style: Style) -> Iterator[str]:
    if not report.exercises:
        yield _NOTHING
    names = [one_line(e.id) for e in report.exercises if e.status is ExerciseStatus.NOT_STARTED]
    if not names:
        return
    shown = names if options.verbose else names[:LISTED]
    rest = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    for line in _wrap(_NOT_STARTED.format(names=", ".join(shown) + rest), "", options):
        yield style.paint(line, "dim")


def _confinement(report: StudentReport) -> str:
    if report.confinement == "none":
        return _UNCONFINED.format(device=report.device)
    network = _NETWORK.get(report.network, report.network)
    return _CONFINED.format(level=report.confinement, network=network, device=report.device)


def _last_line(report: StudentReport) -> str:
    """Points and counts; after public checks alone "so far", since some read no other line."""
    points = _points(report.earned, report.points, report.pending)
    checks = _checked(report)
    public = [check for check in checks if not check.hidden]
    if report.scope == "public":
        return f"{points} so far. {PUBLIC_ONLY.format(passed=_passed(public), total=len(public))}"
    if not checks:
        return f"{points}. {_NO_CHECK}"
    text = f"{points}. {_ALL_CHECKS.format(passed=_passed(checks), total=len(checks))}"
    if len(public) < len(checks):
        text += f", {_PUBLIC.format(passed=_passed(public), total=len(public))}"
    return f"{text}."


def _checked(report: StudentReport) -> list[StudentCheck]:
    """The checks of all exercises that are started; of all, where none is."""
    started = [e for e in report.exercises if e.status is not ExerciseStatus.NOT_STARTED] or report.exercises
    return [check for exercise in started for check in exercise.checks]


def _passed(checks: Sequence[StudentCheck]) -> int:
    return sum(check.status is Status.PASSED for check in checks)


def _points(earned: Fraction, points: int, pending: Fraction) -> str:
    text = f"{points_text(earned)} of {points} points"
    return f"{text} ({points_text(pending)} pending)" if pending else text


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `terminal`."""
    return [ReportFormat("terminal", ".txt", render, "text for people, as `d2l-kit check` prints it")]
