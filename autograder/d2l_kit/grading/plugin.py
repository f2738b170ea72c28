"""The pytest plugin: collects the checks of many exercises once, and runs any of them on any subject.

There is no pytest session per submission: the session is opened, its run loop is handed to `drive`, and `drive`
decides what is run on whom. Nothing is decided by pytest's own reports; an outcome is the exception that ended a check.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pytest

from d2l_kit import plugins
from d2l_kit.catalog import Exercise
from d2l_kit.errors import AuthorError
from d2l_kit.grading.evidence import Subject
from d2l_kit.grading.rng import Rng
from d2l_kit.hookspecs import DataSet
from d2l_kit.report.model import Evidence, Visibility

T = TypeVar("T")
DATA_NOTE = "data: {name} is {source}"

MARKS = (
    "weight(n): the check's share of the exercise's points, relative to the others (default 1)",
    "needs(*names): run only if these checks of the exercise passed",
    "observed: what the check sees only the worker can see",
    "needs_gpu: means something only on a GPU",
)


@dataclass(frozen=True)
class Check:
    """One collected check."""

    exercise: str
    name: str
    title: str
    visibility: Visibility
    weight: Fraction
    evidence: Evidence
    needs: tuple[str, ...]
    needs_gpu: bool
    path: Path
    item: pytest.Item = field(compare=False, repr=False)


@dataclass(frozen=True)
class Surroundings:
    """What the fixtures of one run of one check are bound to."""

    submission: Subject
    reference: Subject | None
    rng: Rng
    compiler: Subject | None = None


class DataRoom:
    """The fixture `data`: every data set is a method of its name, and what it gave is remembered.

    Only data sets that may be the real one or a default are remembered: of the others there is nothing to tell.
    """

    def __init__(self, sets: Mapping[str, DataSet], told: list[str]) -> None:
        self._sets = sets
        self._told = told

    def __getattr__(self, name: str) -> Callable[[], Any]:
        found = self._sets.get(name)
        if found is None:
            known = ", ".join(self._sets) or "none"
            raise AuthorError(f"There is no data set {name!r}.", f"Installed are: {known}.")

        def load() -> Any:
            loaded = found.load()
            note = DATA_NOTE.format(name=name, source=loaded.source)
            if found.real is not None and note not in self._told:
                self._told.append(note)
            return loaded

        return load


class Session:
    """The collected checks, and the means to run one of them."""

    def __init__(self, checks: Sequence[Check], problems: Sequence[str], plugin: _Plugin) -> None:
        self.checks = tuple(checks)
        self.problems = tuple(problems)
        self._plugin = plugin

    def of(self, exercise: Exercise, hidden: bool = True) -> tuple[Check, ...]:
        """The exercise's checks in file order, public ones first.

        Raises:
            AuthorError: There is none, or its file could not be collected.
        """
        found = tuple(
            c for c in self.checks if c.exercise == exercise.id and (hidden or c.visibility is Visibility.PUBLIC)
        )
        for path in (exercise.files.public_checks, exercise.files.hidden_checks if hidden else None):
            trouble = [problem for problem in self.problems if path and str(path) in problem]
            if trouble:
                raise AuthorError(f"{path}: the checks cannot be collected.\n{trouble[0]}", "Correct the file.")
            if path and not any(c.path == path for c in found):
                raise AuthorError(f"{path}: no check was found.", "A check is a function named test_….")
        return found

    def run(self, check: Check, surroundings: Surroundings) -> BaseException | None:
        """Run a check; what ended it, None if it passed."""
        self._plugin.surroundings = surroundings
        self._plugin.ended = None
        self._plugin.told.clear()
        check.item.ihook.pytest_runtest_protocol(item=check.item, nextitem=None)
        return self._plugin.ended

    @property
    def notes(self) -> tuple[str, ...]:
        """What a report must say of the last run: which data it used."""
        return tuple(self._plugin.told)


def with_session(exercises: Sequence[Exercise], hidden: bool, drive: Callable[[Session], T]) -> T:
    """Collect the checks of `exercises` and give them to `drive`; returns what it returns.

    Raises:
        AuthorError: pytest could not be started on the files.
    """
    files: dict[Path, tuple[str, Visibility]] = {}
    for exercise in exercises:
        files[exercise.files.public_checks] = (exercise.id, Visibility.PUBLIC)
        if hidden and exercise.files.hidden_checks:
            files[exercise.files.hidden_checks] = (exercise.id, Visibility.HIDDEN)
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise AuthorError(f"{missing[0]}: the checks are missing.", "Write them, or reinstall the package.")
    plugin = _Plugin(files, drive)
    # An ini file of our own and no conftest: nothing that lies about where the command is run has a say.
    arguments = ["-c", os.devnull, "--rootdir", "/", "--noconftest", "--import-mode=importlib", "-s"]
    arguments += [
        "-p",
        "no:cacheprovider",
        "-p",
        "no:terminal",
        "-p",
        "no:faulthandler",
        "-p",
        "no:unraisableexception",
    ]
    arguments += ["-p", "no:threadexception", "-p", "no:logging", "-p", "no:warnings", "-p", "no:junitxml"]
    arguments += ["--strict-markers", *map(str, files)]
    autoload = os.environ.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)
    addopts = os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        code = pytest.main(arguments, plugins=[plugin])
    finally:
        os.environ.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
        for name, kept in (("PYTEST_DISABLE_PLUGIN_AUTOLOAD", autoload), ("PYTEST_ADDOPTS", addopts)):
            if kept is not None:
                os.environ[name] = kept
    if plugin.failure is not None:
        raise plugin.failure
    if not plugin.driven:
        raise AuthorError(f"pytest could not collect the checks (exit {code}): {'; '.join(plugin.problems)}")
    result: T = plugin.result
    return result


class _Plugin:
    """State of one session. Fixtures are methods, bound to what `surroundings` holds when a check runs."""

    def __init__(self, files: dict[Path, tuple[str, Visibility]], drive: Callable[[Session], Any]) -> None:
        self._files = files
        self._drive = drive
        self.problems: list[str] = []
        self.surroundings: Surroundings | None = None
        self.ended: BaseException | None = None
        self.told: list[str] = []
        self.driven = False
        self.failure: BaseException | None = None
        self.result: Any = None

    def pytest_configure(self, config: pytest.Config) -> None:
        for mark in MARKS:
            config.addinivalue_line("markers", mark)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.driven = True
        try:
            checks = [self._check(item) for item in session.items]
            gc.freeze()  # all that was collected stays to the end: garbage is not looked for in it over and over
            self.result = self._drive(Session(checks, self.problems, self))
        except BaseException as error:  # pytest would print an internal error: it is raised again outside
            self.failure = error
        finally:
            gc.unfreeze()
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        if call.excinfo is not None and self.ended is None:
            self.ended = call.excinfo.value
        outcome: Any = "passed" if call.excinfo is None else "failed"
        when: Any = call.when
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, when)

    @pytest.fixture
    def submission(self) -> Subject:
        assert self.surroundings is not None
        return self.surroundings.submission

    @pytest.fixture
    def reference(self) -> Subject:
        assert self.surroundings is not None
        if self.surroundings.reference is None:
            raise AuthorError(
                "A check asks for `reference`, which public checks and runtimes other than torch have not.",
                "Compare with plain torch.",
            )
        return self.surroundings.reference

    @pytest.fixture
    def compiler(self) -> Subject:
        """The submission once more, in a process where Triton compiles kernels instead of interpreting them."""
        assert self.surroundings is not None and self.surroundings.compiler is not None
        return self.surroundings.compiler

    @pytest.fixture
    def rng(self) -> Rng:
        assert self.surroundings is not None
        return self.surroundings.rng

    @pytest.fixture
    def data(self) -> DataRoom:
        return DataRoom(self._data_sets, self.told)

    @cached_property
    def _data_sets(self) -> Mapping[str, DataSet]:
        return plugins.data_sets()

    def _check(self, item: pytest.Item) -> Check:
        exercise, visibility = self._files[item.path]
        marks = {mark.name: mark for mark in item.iter_markers()}
        function = getattr(item, "function", None)
        title = ((function.__doc__ or "") if function else "").strip().split("\n")[0].strip().removesuffix(".")
        weight = marks["weight"].args[0] if "weight" in marks else 1
        return Check(
            exercise=exercise,
            name=item.name.removeprefix("test_"),
            title=title or item.name.removeprefix("test_").replace("_", " "),
            visibility=visibility,
            weight=Fraction(str(weight)),
            evidence=Evidence.OBSERVED if "observed" in marks else Evidence.ESTABLISHED,
            needs=tuple(name for mark in item.iter_markers("needs") for name in mark.args),
            needs_gpu="needs_gpu" in marks,
            path=item.path,
            item=item,
        )
