"""Writing a report where `--format NAME[:FILE]` wants it: one on standard output, any number in files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from d2l_kit.cli._terminal import complain, note, with_color
from d2l_kit.errors import GraderError, KitError, UsageError
from d2l_kit.plugins import load_plugins
from d2l_kit.report.formats import Options, Request, find_format, parse_requests, report_formats
from d2l_kit.report.model import Report
from d2l_kit.report.view import StudentReport, student_view
from d2l_kit.submission import is_read
from d2l_kit.workspace.files import explained, write_atomically

TERMINAL = "terminal"
PIPE_WIDTH = 120  # columns, where standard output is no terminal and COLUMNS says nothing: a log of CI has room

GRADESCOPE = Path("/autograder")
TABLES = (".csv", ".sqlite")  # what `grade` itself writes

_DETECTED = "This is {name}: {formats} is used. Give --format to have it otherwise."
_NO_FOLDER = "--format {name}:{file}: there is no folder {folder}."
_NO_CLASS = "The format {name!r} holds one submission, and here are {count}."
_NO_CLASS_REMEDY = "Take {names}; every submission's whole report is in DIR/reports."
_IS_FOLDER = "--format {name}:{file}: that is a folder."
_NOT_ALLOWED = "--format {name}:{file}: nothing may be written into the folder {folder}."
_PRECIOUS = "--format {name}:{file}: that is the name of a file that is no report, and would be lost."
_BROKE = "The report format {name!r} failed: {error}"
_BROKE_REMEDY = "Its plugin is at fault; the report is written in the other formats."
_TO_FILE = "With a class, --format needs a file, since the class's table goes to standard output."


@dataclass(frozen=True)
class Platform:
    """A place where reports are shown in its own way.

    Attributes:
        is_here: Whether this process runs there.
        formats: What it shows best, as `--format` has it.
    """

    name: str
    is_here: Callable[[], bool]
    formats: tuple[str, ...]


PLATFORMS = (
    Platform("GitHub Actions", lambda: os.environ.get("GITHUB_ACTIONS") == "true", ("github",)),
    Platform("GitLab CI", lambda: os.environ.get("GITLAB_CI") == "true", ("terminal", "junit:d2l-kit-junit.xml")),
    Platform(
        "Gradescope",
        lambda: (GRADESCOPE / "submission_metadata.json").is_file(),
        ("terminal", f"gradescope:{GRADESCOPE / 'results' / 'results.json'}"),
    ),
)


@dataclass(frozen=True)
class Outputs:
    """Where a report goes.

    Attributes:
        shown: The format on standard output.
        files: The formats in files.
        options: How standard output is written to.
    """

    shown: Request
    files: tuple[Request, ...]
    options: Options

    @property
    def for_people(self) -> bool:
        """Whether standard output is the terminal format, so that results may be shown one by one."""
        return self.shown.format.name == TERMINAL

    def writes(self, report: StudentReport) -> Iterator[Callable[[], None]]:
        """What writes the formats that go to files, and what formats add to files that a platform has named."""
        options = Options(verbose=self.options.verbose, environment=self.options.environment)
        for request in self.files:
            yield partial(_write, request, partial(request.format.render, report, options))
        for request in (self.shown, *self.files):
            for variable, render in request.format.beside.items():
                if path := self.options.environment.get(variable):
                    yield partial(_append, request, Path(path), partial(render, report))

    def text(self, report: StudentReport) -> str:
        """The report as standard output has it."""
        return _rendered(self.shown, partial(self.shown.format.render, report, self.options))


def attempted(acts: Iterable[Callable[[], None]]) -> list[KitError]:
    """Do everything, whatever becomes of one of it; each error is said.

    A report that cannot be written in one way must not be lost in the others.
    """
    errors: list[KitError] = []
    for act in acts:
        try:
            act()
        except KitError as error:
            complain(error)
            errors.append(error)
    return errors


def outputs(texts: Iterable[str], *, verbose: bool, quiet: bool) -> Outputs:
    """Read the `--format` of a command line; the terminal's format takes standard output if no other does.

    Without any, what the platform shows best is taken where one is recognised, and said.

    Raises:
        UsageError: A format is unknown or lacks what it hands on, or a file cannot be written: said before anything
            is run.
    """
    texts = tuple(texts) or _detected()
    requests, terminal = _requests(texts)
    for request in requests:
        request.format.ready(os.environ)
    shown = next((request for request in requests if request.file is None), terminal)
    files = tuple(request for request in requests if request.file is not None)
    return Outputs(shown, files, terminal_options(verbose=verbose, quiet=quiet))


def _detected() -> tuple[str, ...]:
    for platform in PLATFORMS:
        if platform.is_here():
            note(
                _DETECTED.format(name=platform.name, formats=" ".join(f"--format {each}" for each in platform.formats))
            )
            return platform.formats
    return ()


def terminal_options(*, verbose: bool = False, quiet: bool = False) -> Options:
    """How standard output is written to."""
    return Options(
        color=with_color(sys.stdout),
        width=shutil.get_terminal_size((PIPE_WIDTH, 24)).columns,
        verbose=verbose,
        quiet=quiet,
        encoding=sys.stdout.encoding or "ascii",
        environment=os.environ,
    )


def class_files(texts: Iterable[str]) -> tuple[Request, ...]:
    """The same for a class, which goes to files.

    Raises:
        UsageError: A format is unknown or lacks what it hands on, or has no file, or one that cannot be written.
    """
    requests, _ = _requests(texts)
    for request in requests:
        request.format.ready(os.environ)
        if request.file is None:
            name, suffix = request.format.name, request.format.suffix
            raise UsageError(_TO_FILE, f"Write: --format {name}:class{suffix}")
    return requests


def demand_room(requests: Iterable[Request], submissions: int) -> None:
    """See that each format can hold so many submissions, before any is graded.

    Raises:
        UsageError: One holds a single submission, as a platform wants it that grades each for itself.
    """
    for request in requests:
        if submissions != 1 and request.format.render_class is None:
            raise UsageError(
                _NO_CLASS.format(name=request.format.name, count=submissions),
                _NO_CLASS_REMEDY.format(names="another format, such as junit"),
            )


def class_writes(requests: Iterable[Request], reports: Sequence[Report]) -> Iterator[Callable[[], None]]:
    """What writes each format's file of the whole class, in the students' view."""
    views = [student_view(report) for report in reports]
    options = Options(environment=os.environ)
    for request in requests:
        if request.format.render_class is not None:
            yield partial(_write, request, partial(request.format.render_class, views, options))
        elif views:
            yield partial(_write, request, partial(request.format.render, views[0], options))


def _requests(texts: Iterable[str]) -> tuple[tuple[Request, ...], Request]:
    formats, problems = report_formats(load_plugins()[0])
    for problem in problems:
        note(problem)
    requests = parse_requests(texts, formats)
    for request in requests:
        if request.file is not None:
            _demand_place(request, request.file)
    return requests, Request(find_format(TERMINAL, formats))


def _demand_place(request: Request, file: Path) -> None:
    """See that a file can be written and nothing is lost by it, before anything is run."""
    said = {"name": request.format.name, "file": file, "folder": file.parent}
    elsewhere = f"Name another file: --format {request.format.name}:report{request.format.suffix}"
    if not file.absolute().parent.is_dir():
        raise UsageError(_NO_FOLDER.format(**said), f"Make it: mkdir -p {file.parent}")
    if file.is_dir():
        raise UsageError(_IS_FOLDER.format(**said), elsewhere)
    if file.suffix.lower() in TABLES or (file.is_file() and is_read(file.name)):
        raise UsageError(_PRECIOUS.format(**said), elsewhere)
    if not file.exists() and not os.access(file.absolute().parent, os.W_OK | os.X_OK):
        raise UsageError(_NOT_ALLOWED.format(**said), elsewhere)


def _rendered(request: Request, render: Callable[[], str]) -> str:
    """A format's text.

    Raises:
        GraderError: The format, which may be a foreign plugin's, raised something.
    """
    try:
        return render()
    except KitError:
        raise
    except Exception as error:
        said = _BROKE.format(name=request.format.name, error=f"{type(error).__name__}: {error}")
        raise GraderError(said, _BROKE_REMEDY) from error


def _append(request: Request, path: Path, render: Callable[[], str]) -> None:
    """Add to a file of the platform's, to which other steps may have written."""
    text = _rendered(request, render)
    with explained("cannot write", path), path.open("ab") as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def _write(request: Request, render: Callable[[], str]) -> None:
    path = request.file or Path("-")
    text = _rendered(request, render)
    with explained("cannot write", path):
        write_atomically(path, text.encode("utf-8", "backslashreplace"), private=True)
