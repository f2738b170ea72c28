"""Every hostile or broken submission earns what it must and harms nobody: one class, graded at each level.

What they try and what must become of it is data: `hostile/cases.toml`. All of them are graded as one class
with good neighbours in between, once for each level; each test then looks at one case. Nothing is run
unconfined.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from d2l_kit.report import terminal
from d2l_kit.report.formats import Options
from d2l_kit.report.json_ import render as render_json
from d2l_kit.report.model import Report, Status
from d2l_kit.report.serial import from_json
from d2l_kit.report.view import student_view
from d2l_kit.worker import confinement

HERE = Path(__file__).parent / "hostile"
SUBMISSIONS = HERE / "submissions"
KINDS = ("reading", "forging", "lying", "starving", "escaping", "broken", "honest")
LEVELS = ("namespaces", "landlock")
SCORES = ("zero", "full", "honest-partial")
NEIGHBOUR_EVERY = 6
SECONDS = 6  # for one exercise of one submission; the starving ones use it up
HELD_FACTOR = 5  # of the time limit: an exercise's own, its second attempts and the diagnosis, on a busy machine
GRADING_ENDS_WITHIN = 1800  # seconds: only so that a grader that hangs fails the test

at_each_level = pytest.mark.parametrize(
    "level", [pytest.param(level, marks=pytest.mark.slow, id=level) for level in LEVELS]
)


@dataclass(frozen=True)
class Case:
    """One line of cases.toml; see there."""

    name: str
    file: str
    kind: str
    tries: str
    score: str
    statuses: tuple[str, ...]
    message: tuple[str, ...]
    needs: str
    leaves_nothing: bool


def _read_cases() -> list[Case]:
    data = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))
    return [
        Case(**(entry | {"statuses": tuple(entry["statuses"]), "message": tuple(entry["message"])}))
        for entry in data["case"]
    ]


CASES = _read_cases()


@dataclass(frozen=True)
class Graded:
    """A class after its grading."""

    level: str
    reports: dict[str, Report]
    aftermath: dict[str, object]
    stderr: str


def _neighbour(number: int) -> str:
    return f"zz_neighbour_{number:03d}"


def _hand_in(source: Path, entry: Path) -> None:
    """A file is handed in as corr2d.py or corr2d.ipynb in a folder of its own, a folder as it is."""
    if source.is_dir():
        shutil.copytree(source, entry)
    else:
        entry.mkdir()
        shutil.copyfile(source, entry / f"corr2d{source.suffix}")


def _make_class(folder: Path, cases: list[Case]) -> list[str]:
    """Entries are graded in the order of their names: every few cases there is a good neighbour."""
    names = []
    folder.mkdir()
    for number, case in enumerate(cases):
        if number % NEIGHBOUR_EVERY == 0:
            names.append(f"s{number:03d}_{_neighbour(number)}")
            _hand_in(SUBMISSIONS / "good_plain.py", folder / names[-1])
        names.append(f"s{number:03d}_{case.name}")
        _hand_in(SUBMISSIONS / case.file, folder / names[-1])
    return names


@functools.cache
def _what_is_missing(level: str) -> str:
    """Why this machine cannot confine at a level; "" if it can."""
    failed = [step for step in confinement.probe(confinement.Level.parse(level)).steps if step.verdict != "PASS"]
    return "; ".join(f"{step.name}: {step.reason}" for step in failed)


def _rank(level: str) -> int:
    return ("none", "process", "landlock", "namespaces").index(level)


@pytest.fixture(scope="session")
def graded_at(tmp_path_factory):
    """A function that grades the class at a level, once a session."""
    known: dict[str, Graded] = {}

    def grade(level: str) -> Graded:
        if missing := _what_is_missing(level):
            pytest.skip(f"this machine cannot confine at {level}: {missing}")
        if level not in known:
            known[level] = _grade(tmp_path_factory.mktemp(f"hostile-{level}"), level)
        return known[level]

    return grade


def _grade(base: Path, level: str) -> Graded:
    from hostile.grade_class import private_home

    cases = [case for case in CASES if _rank(case.needs) <= _rank(level)]
    names = _make_class(base / "class", cases)
    (base / "out").mkdir()
    script, folder, out = HERE / "grade_class.py", base / "class", base / "out"
    run = subprocess.run(
        [sys.executable, str(script), str(folder), str(out), level, str(SECONDS)],
        env=private_home(base),
        cwd=base,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=GRADING_ENDS_WITHIN,
        check=False,
    )
    assert run.returncode == 0, f"the grader broke: {run.stdout[-2000:]}\n{run.stderr[-6000:]}"
    found = {
        path.stem: from_json(path.read_text(encoding="utf-8"), path.name)
        for path in (base / "out" / "reports").glob("*.json")
    }
    reports = {name.split("_", 1)[1]: found[name] for name in names if name in found}
    aftermath = json.loads((base / "out" / "aftermath.json").read_text(encoding="utf-8"))
    return Graded(level, reports, aftermath, run.stderr)


def _student_text(report: Report) -> str:
    """Everything the author of a submission gets to read."""
    view = student_view(report)
    return terminal.render(view, Options(width=200, verbose=True)) + render_json(view, Options())


def _ids(cases: list[Case]) -> list[str]:
    return [case.name for case in cases]


def test_the_table_names_every_submission_once_and_all_kinds():
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 75
    assert {case.kind for case in CASES} == set(KINDS)
    assert {case.score for case in CASES} <= set(SCORES)
    assert {case.needs for case in CASES} <= set(LEVELS)
    assert {s for case in CASES for s in case.statuses} <= {status.value for status in Status}
    there = {path.name for path in SUBMISSIONS.iterdir() if not path.name.startswith(".")}
    assert {case.file for case in CASES} == there


@at_each_level
@pytest.mark.parametrize("case", CASES, ids=_ids(CASES))
def test_a_submission_earns_what_it_must(case, level, graded_at):
    if _rank(case.needs) > _rank(level):
        pytest.skip(f"only {case.needs} promises to contain this")
    report = graded_at(level).reports.get(case.name)
    assert report is not None, "it has no report"
    told = f"{case.name} ({case.tries}) at {level}:\n"
    told += terminal.render(student_view(report), Options(width=150, verbose=True))
    everything = "\n".join(f"{c.message}\n{c.detail}\n{c.log}" for c in report.exercises[0].checks)
    for word in ("LEAK", "ESCAPED", "STALE"):
        assert f"{word}:" not in everything, f"{told}\n{everything}"
    assert report.confinement.level == level
    assert report.pending == 0, told
    if case.score == "zero":
        assert report.earned == 0, told
    elif case.score == "full":
        assert report.earned == report.points > 0, told
    else:
        assert 0 < report.earned < report.points, told
    allowed = {*case.statuses, "passed", "not_run"}
    ended = {(check.name, check.status.value) for check in report.exercises[0].checks}
    assert {status for _, status in ended} <= allowed, f"{told}\n{sorted(ended)}"
    text = _student_text(report).lower()
    assert [part for part in case.message if part.lower() not in text] == [], told


@at_each_level
def test_neighbours_of_hostile_submissions_earn_everything(level, graded_at):
    graded = graded_at(level)
    neighbours = {name: report for name, report in graded.reports.items() if name.startswith("zz_neighbour")}
    assert len(neighbours) > len(CASES) // (2 * NEIGHBOUR_EVERY)
    poor = {name: report.earned for name, report in neighbours.items() if report.earned != report.points}
    assert poor == {}
    # And quietly: no check of theirs needed a second attempt.
    checks = [check for report in neighbours.values() for check in report.exercises[0].checks]
    assert [check.notes for check in checks if check.notes] == []


@at_each_level
def test_every_submission_has_a_report_and_the_grader_no_problem(level, graded_at):
    graded = graded_at(level)
    expected = {case.name for case in CASES if _rank(case.needs) <= _rank(level)}
    assert expected - set(graded.reports) == set()
    assert graded.aftermath["problems"] == []


@at_each_level
def test_nothing_of_a_submission_outlives_the_grading(level, graded_at):
    aftermath = graded_at(level).aftermath
    assert aftermath["descendants"] == []
    assert aftermath["new"] == {name: [] for name in aftermath["new"]}
    assert aftermath["temporary"] == []


@at_each_level
def test_the_maximum_never_comes_from_a_submission(level, graded_at):
    reports = graded_at(level).reports.values()
    weights = [tuple((c.name, c.weight) for c in report.exercises[0].checks) for report in reports]
    assert len({report.points for report in reports}) == 1
    assert len(set(weights)) == 1


@at_each_level
def test_no_hostile_report_harms_a_terminal_or_grows_without_bound(level, graded_at):
    for name, report in graded_at(level).reports.items():
        text = terminal.render(student_view(report), Options(width=100, verbose=True))
        bad = {c for c in text if _is_control(c)}
        assert bad == set(), f"{name}: {bad!r}"
        assert not set(text) & set("\u202e\u202d\u2066\u2067\u2068"), name
        document = render_json(student_view(report), Options())
        json.loads(document)
        document.encode("utf-8")
        assert len(document) < 100 * 1024, f"{name}: {len(document)} bytes"


@at_each_level
def test_no_submission_holds_the_grader_much_longer_than_its_time_limit(level, graded_at):
    # Not a matter of speed: what a submission sends must not cost the grader minutes to take in.
    durations = {name: report.exercises[0].duration for name, report in graded_at(level).reports.items()}
    assert {name: t for name, t in durations.items() if t > HELD_FACTOR * SECONDS} == {}


@at_each_level
def test_stopped_clocks_stop_no_clock_of_the_grader(level, graded_at):
    report = graded_at(level).reports["forge_timers"]
    assert report.duration > 0
    assert all(check.duration > 0 for check in report.exercises[0].checks)


def _is_control(c: str) -> bool:
    return (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000
