"""What a report format is, which there are, and how `--format NAME[:FILE]` is read.

A format is a plugin: it answers the hook `d2l_kit_report_formats`. The kit's own modules do so too, and are
registered here; a foreign plugin cannot take the place of one of them.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2l_kit.errors import UnknownName, UsageError

if TYPE_CHECKING:
    import pluggy

    from d2l_kit.report.view import StudentReport

OWN = (
    "d2l_kit.report.terminal",
    "d2l_kit.report.json_",
    "d2l_kit.report.junit",
    "d2l_kit.report.html",
    "d2l_kit.report.markdown",
    "d2l_kit.report.github",
    "d2l_kit.report.gradescope",
    "d2l_kit.report.classroom50",
    "d2l_kit.report.prairielearn",
    "d2l_kit.report.autolab",
    "d2l_kit.report.check50",
    "d2l_kit.report.editor",
)

_STANDARD_OUTPUT = ("-", "/dev/stdout")

_UNKNOWN = "There is no report format named {name!r}."
_TWICE = "--format {text}: {place} is already taken by the format {other!r}."
_TWICE_REMEDY = "Give each format a file of its own: --format {name}:report{suffix}"


@dataclass(frozen=True)
class Options:
    """How to render; a format takes what means something to it.

    Attributes:
        color: Whether ANSI colours may be used.
        width: Columns there are.
        verbose: All failures in full.
        quiet: Only the last line.
        encoding: Of the stream it is written to; what that cannot say is replaced.
        environment: Variables that a platform has set, for formats that hand them on.
    """

    color: bool = False
    width: int = 80
    verbose: bool = False
    quiet: bool = False
    encoding: str = "utf-8"
    environment: Mapping[str, str] = field(default_factory=dict)


PLAIN = Options()


@dataclass(frozen=True)
class ReportFormat:
    """A way to write down a student's report.

    Attributes:
        name: What `--format` calls it.
        suffix: Of a file of it, with the dot.
        render: The whole text, ending with a line feed.
        description: One line for `--help`.
        render_class: The same for the reports of many submissions in one text, where the format can.
        beside: What is appended to files that the platform names, by the variable that names each.
        ready: Raises a UsageError if the environment lacks what the format hands on; asked before anything is run.
    """

    name: str
    suffix: str
    render: Callable[[StudentReport, Options], str]
    description: str
    render_class: Callable[[Sequence[StudentReport], Options], str] | None = None
    beside: Mapping[str, Callable[[StudentReport], str]] = field(default_factory=dict)
    ready: Callable[[Mapping[str, str]], object] = lambda environment: None


@dataclass(frozen=True)
class Request:
    """One `--format`: the format, and the file to write (None: standard output)."""

    format: ReportFormat
    file: Path | None = None


def report_formats(manager: pluggy.PluginManager) -> tuple[dict[str, ReportFormat], tuple[str, ...]]:
    """All formats by name, the kit's own first, and a line for each plugin that failed to provide its own."""
    for module_name in OWN:
        module = importlib.import_module(module_name)
        if not manager.is_registered(module):
            manager.register(module, name=module_name)
    formats: dict[str, ReportFormat] = {}
    problems: list[str] = []
    answers = manager.hook.d2l_kit_report_formats.get_hookimpls()
    for answer in sorted(answers, key=lambda a: OWN.index(a.plugin_name) if a.plugin_name in OWN else len(OWN)):
        try:
            added: Any = answer.function()
            _add(formats, added, answer.plugin_name)
        except Exception as error:  # whatever a foreign plugin raises: it is named, and the others work
            problems.append(f"plugin {answer.plugin_name}: no report formats: {type(error).__name__}: {error}")
    return formats, tuple(problems)


def find_format(name: str, formats: Mapping[str, ReportFormat]) -> ReportFormat:
    """The format of that name.

    Raises:
        UnknownName: There is none; offers the nearest.
    """
    if name in formats:
        return formats[name]
    near = difflib.get_close_matches(name.lower(), formats, n=1, cutoff=0.4)
    known = f"There are {', '.join(sorted(formats))}."
    raise UnknownName(_UNKNOWN.format(name=name), f"Did you mean {near[0]!r}? {known}" if near else known)


def parse_requests(texts: Iterable[str], formats: Mapping[str, ReportFormat]) -> tuple[Request, ...]:
    """What the `--format NAME[:FILE]` of a command line ask for.

    Raises:
        UnknownName: A format does not exist.
        UsageError: Two would be written to the same place: standard output holds one document.
    """
    requests: list[Request] = []
    for text in texts:
        request = parse_request(text, formats)
        for other in requests:
            if _same(other.file, request.file):
                name = request.format.name
                place = "standard output" if request.file is None else str(request.file)
                raise UsageError(
                    _TWICE.format(text=text, place=place, other=other.format.name),
                    _TWICE_REMEDY.format(name=name, suffix=request.format.suffix),
                )
        requests.append(request)
    return tuple(requests)


def parse_request(text: str, formats: Mapping[str, ReportFormat]) -> Request:
    """One `NAME[:FILE]`; no file, or the file `-` or `/dev/stdout`, is standard output.

    Raises:
        UnknownName: The format does not exist.
        UsageError: The file's name is empty.
    """
    name, colon, file = text.partition(":")
    found = find_format(name.strip(), formats)
    if colon and not file.strip():
        remedy = f"Name one, --format {name}:report{found.suffix}, or leave the colon out."
        raise UsageError(f"--format {text}: the file after the colon has no name.", remedy)
    return Request(found, Path(file) if file and file not in _STANDARD_OUTPUT else None)


def _same(one: Path | None, other: Path | None) -> bool:
    """Whether two names mean one place, by whatever way they lead there."""
    return one == other or (one is not None and other is not None and one.resolve() == other.resolve())


def _add(formats: dict[str, ReportFormat], added: Iterable[ReportFormat], plugin: str) -> None:
    for item in added:
        if not isinstance(item, ReportFormat):
            raise TypeError(f"{item!r} is no ReportFormat")
        if item.name in formats:
            raise ValueError(f"the format {item.name!r} is already provided; that of {plugin} is left out")
        formats[item.name] = item
