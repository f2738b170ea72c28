"""What all pages share: Jinja environments in which no text can become markup, and how values are said in words.

Two rules hold by construction, whatever a template forgets. Each value that a template puts out is cut to a bound and
made visible first (escape sequences, bidi controls and their like are written out, see `report.text`), and then
escaped for the language of the page. What is markup already is of the type Markup, and only this package makes it.

Pages hold no script and no `style=`, so that the strictest Content-Security-Policy can be set on them; the stylesheet
is `page/style.css`, put into the page and allowed by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from d2l_kit.errors import UsageError
from d2l_kit.report import wording
from d2l_kit.report.model import ExerciseStatus, Status, points_text
from d2l_kit.report.text import cut, excerpt, one_line, visible

if TYPE_CHECKING:
    from jinja2 import Environment, TemplateError

    from d2l_kit.report.view import StudentCheck, StudentReport

LAYOUT = "page/base.html.j2"
STYLE = "page/style.css"
TEXT_LIMIT = 8_000  # characters of any one text; a submission can raise with ten million
LINE_LIMIT = 300  # characters of a name, a title, a reason
PROSE_LIMIT = 2_000  # characters of a sentence or two
MOST_LINES = 60  # of a message or an output

_NO_BREAK = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NO_CHECK = "No check was run."
_ALL_CHECKS = "{passed} of {total} checks passed"
_OF_PUBLIC = ", of the public ones {passed} of {total}"
_MORE_LINES = "[... {} more lines]"
_LINES_BEFORE = "[... {} lines before]"
_MARKDOWN = re.compile(r"[\\`*_\[\]#|~$]")
_MARKDOWN_BULLET = re.compile(r"^(?=[-+](?:[\s-]|$)|=+\s*$)")
_MARKDOWN_NUMBER = re.compile(r"^(\d+)(?=[.)](?:\s|$))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NO_FOLDER = "--templates {folder}: there is no such folder."
_NO_FOLDER_REMEDY = "Name a folder that holds templates under the kit's own names, such as {name}."
_BAD_TEMPLATE = "The template {name} cannot be used{line}: {problem}."
_BAD_TEMPLATE_REMEDY = "Mend it in {folder}, or take it away: then the kit's own is used."


def html_pages(templates: Path | None = None) -> Environment:
    """The environment of HTML pages.

    Args:
        templates: A folder whose files take the place of the kit's own of the same name.

    Raises:
        UsageError: There is no such folder.
    """
    from markupsafe import Markup

    environment = _environment(templates)
    style, _, _ = _source(environment, STYLE)
    environment.globals["style"] = Markup(style)  # the kit's own file, or the instructor's
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    environment.globals["style_hash"] = f"sha256-{digest}"
    environment.globals["link"] = None  # a live site gives a function here, see page/people.html.j2
    environment.finalize = _visible_value
    return environment


def markdown_pages(templates: Path | None = None) -> Environment:
    """The environment of Markdown texts: every value is one line in which nothing means anything to Markdown."""
    from markupsafe import Markup

    environment = _environment(templates)
    environment.finalize = lambda value: value if isinstance(value, Markup) else Markup(as_markdown(str(value)))
    environment.filters["fenced"] = lambda text: Markup(fenced(text))
    return environment


def render(pages: Environment, name: str, templates: Path | None = None, *, layout: str = LAYOUT, **values: Any) -> str:
    """One page.

    Args:
        pages: What `html_pages` or `markdown_pages` gave.
        name: The template's.
        templates: As given there, for the message.
        layout: The template that the page extends.
        values: What the template is told.

    Raises:
        UsageError: A template of one's own is at fault.
    """
    from jinja2 import TemplateError

    try:
        return pages.get_template(name).render(layout=layout, **values)
    except TemplateError as error:
        if templates is None:
            raise
        raise _at_fault(error, name, templates) from error


def demand_templates(pages: Environment, templates: Path) -> None:
    """See that one's own templates of HTML pages can be read, before somebody waits for a page.

    Raises:
        UsageError: One is at fault.
    """
    from jinja2 import TemplateError

    own = (path.relative_to(templates).as_posix() for path in sorted(templates.rglob("*.html.j2")))
    for name in own:
        try:
            pages.get_template(name)
        except TemplateError as error:
            raise _at_fault(error, name, templates) from error


def told(report: StudentReport) -> str:
    """How many checks passed, and which were run: of what is started, as `check` says it."""
    started = [each for each in report.exercises if each.status is not ExerciseStatus.NOT_STARTED] or report.exercises
    checks = [check for exercise in started for check in exercise.checks]
    public = [check for check in checks if not check.hidden]
    if report.scope == "public":
        return wording.PUBLIC_ONLY.format(passed=_passed(public), total=len(public))
    if not checks:
        return _NO_CHECK
    text = _ALL_CHECKS.format(passed=_passed(checks), total=len(checks))
    more = _OF_PUBLIC.format(passed=_passed(public), total=len(public)) if len(public) < len(checks) else ""
    return f"{text}{more}."


def moment(said: datetime | str, zone: str = "UTC") -> str:
    """A time for people: "1 December 2026, 23:59 (Europe/Berlin, UTC+01:00)"; an ISO text will do."""
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else said
    except ValueError:
        return str(said)
    local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    text = f"{local.day}{_NO_BREAK}{_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"
    if zone == "UTC":
        return f"{text}{_NO_BREAK}UTC"
    offset = f"{local:%z}"
    return f"{text} ({zone}, UTC{offset[:3]}:{offset[3:5]})"


def span(time: timedelta) -> str:
    """A length of time in its two largest units: "2 days 3 hours", "5 minutes"."""
    seconds = int(time.total_seconds())
    parts = []
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, length)
        if number:
            parts.append(f"{number}{_NO_BREAK}{unit if number == 1 else unit + 's'}")
    return " ".join(parts[:2]) or f"0{_NO_BREAK}seconds"


def seconds(time: float) -> str:
    """A duration that was measured: "0.02 s", "1.4 s", "2 minutes 5 seconds"."""
    if time >= 120:
        return span(timedelta(seconds=round(time)))
    return f"{time:.{2 if time < 1 else 1}f}{_NO_BREAK}s"


def points(value: Fraction | int) -> str:
    """Points with a real minus sign."""
    return points_text(value) if value >= 0 else _MINUS + points_text(-value)


def signed(value: Fraction | int) -> str:
    """Points that are given or taken: "+2", "−1.5"."""
    return f"+{points_text(value)}" if value >= 0 else points(value)


def percent(part: Fraction | int, whole: Fraction | int) -> str:
    """A share in whole percent, half up; all or nothing only where it is all or nothing."""
    if not whole:
        return f"0{_NO_BREAK}%"
    exact = Fraction(part) * 100 / Fraction(whole)
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    if 0 < exact < 100:
        rounded = min(max(rounded, 1), 99)
    return f"{rounded}{_NO_BREAK}%"


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 check", "2 checks"."""
    return f"{number}{_NO_BREAK}{noun if number == 1 else plural or noun + 's'}"


def line(text: str) -> str:
    """A name, a title or a reason: one line of bounded length."""
    return one_line(cut(text, LINE_LIMIT))


def prose(text: str) -> str:
    """A sentence or two on one line."""
    return one_line(cut(text, PROSE_LIMIT))


def capitalize_first(text: str) -> str:
    """A sentence's first letter as it should be, the rest as it is."""
    return text[:1].upper() + text[1:]


def beginning(text: str) -> str:
    """The first lines of a message, and how many were left out."""
    lines = excerpt(text, TEXT_LIMIT).strip("\n").split("\n")
    return "\n".join(lines[:MOST_LINES] + ([_MORE_LINES.format(len(lines) - MOST_LINES)] * (len(lines) > MOST_LINES)))


def ending(log: str) -> str:
    """The last lines of what was printed; a progress bar's carriage returns are line ends."""
    lines = [line for line in visible(log[-TEXT_LIMIT:].replace("\r", "\n")).split("\n") if line.strip()]
    before = [_LINES_BEFORE.format(len(lines) - MOST_LINES)] * (len(lines) > MOST_LINES)
    return "\n".join(before + lines[-MOST_LINES:])


def as_markdown(text: str) -> str:
    """Prose on one line, such that Markdown and the HTML in it show it as it is."""
    text = prose(text)
    text = _MARKDOWN.sub(r"\\\g<0>", text)
    text = _MARKDOWN_NUMBER.sub(r"\1\\", _MARKDOWN_BULLET.sub(r"\\", text))
    return "".join(_ENTITIES.get(character, character) for character in text)


def fenced(text: str) -> str:
    """`text` as a block of code, with a fence longer than any in it."""
    text = excerpt(text, TEXT_LIMIT).strip("\n")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _at_fault(error: TemplateError, name: str, templates: Path) -> UsageError:
    from jinja2 import TemplateSyntaxError

    where = f" in line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
    at_fault = getattr(error, "name", None) or name
    problem = one_line(str(error.message or error)).rstrip(".")
    return UsageError(
        _BAD_TEMPLATE.format(name=at_fault, line=where, problem=problem),
        _BAD_TEMPLATE_REMEDY.format(folder=templates),
    )


def _passed(checks: Sequence[StudentCheck]) -> int:
    return sum(check.status is Status.PASSED for check in checks)


def _environment(templates: Path | None) -> Environment:
    from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

    loaders: list[BaseLoader] = [PackageLoader("d2l_templates", "")]
    if templates is not None:
        if not templates.is_dir():
            raise UsageError(_NO_FOLDER.format(folder=templates), _NO_FOLDER_REMEDY.format(name=STYLE))
        loaders.insert(0, FileSystemLoader(templates, encoding="utf-8"))
    environment = Environment(
        loader=ChoiceLoader(loaders),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    said: Sequence[Any] = (
        moment,
        span,
        seconds,
        points,
        signed,
        percent,
        counted,
        line,
        prose,
        capitalize_first,
        beginning,
        ending,
    )
    environment.filters.update({function.__name__: function for function in said})
    environment.filters.update(reason=wording.reason, place=wording.place)
    environment.globals.update(ENDED=wording.ENDED, PENDING=wording.PENDING, DIAGNOSIS=wording.DIAGNOSIS)
    return environment


def _source(environment: Environment, name: str) -> tuple[str, Any, Any]:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)


def _visible_value(value: Any) -> Any:
    from markupsafe import Markup

    return excerpt(value, TEXT_LIMIT) if isinstance(value, str) and not isinstance(value, Markup) else value
