"""Naming a mistake: the one known wrong solution that behaves as the submission does, on every check.

With the reference installed, wrong solutions are run through the same checks with the same inputs, each in a confined
worker; what they answer to public checks is the same for every student and is kept for the run. On a student's
machine `fingerprints.json` holds that part. Where several known mistakes behave alike on all that was run, or none
does, nothing is named: never guess.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import AuthorError
from d2l_kit.grading import rules
from d2l_kit.grading.judge import Bench, Judged, Seeds, judge
from d2l_kit.grading.mistakes import Mistake, read_mistakes, required_solutions
from d2l_kit.grading.plugin import Check
from d2l_kit.grading.traces import CheckTrace, agree
from d2l_kit.report.model import Diagnosis, ExerciseStatus, Status, Visibility
from d2l_kit.submission import Source

FINGERPRINT_FORMAT = 1
Traces = Mapping[str, CheckTrace]
_NEVER_AT_ITS_END = (Status.TIMEOUT, Status.MEMORY, Status.OUTPUT, Status.EXITED)
_SEEN = (Status.FAILED, Status.RAISED, Status.MALFORMED)


class MistakeBook:
    """The known mistakes of the exercises of one run, and what they answer to public checks, found out once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._mistakes: dict[str, tuple[Mistake, ...]] = {}
        self._public: dict[tuple[str, str], Traces] = {}

    def diagnose(self, exercise: Exercise, checks: Sequence[Check], judged: Judged, seeds: Seeds) -> Diagnosis | None:
        """The mistake that behaves like the submission on every check, if there is exactly one."""
        if not can_be_named(judged):
            return None
        public = [c for c in checks if c.visibility is Visibility.PUBLIC]
        hidden = [c for c in checks if c.visibility is Visibility.HIDDEN]
        left = [
            m for m in self._of(exercise) if _agrees(judged.traces, self._public_traces(exercise, public, m), public)
        ]
        if hidden:
            left = [m for m in left if self._agrees_on(exercise, checks, hidden, judged.traces, m, seeds)]
        return Diagnosis("reference", left[0].name, left[0].tells) if len(left) == 1 else None

    def _of(self, exercise: Exercise) -> tuple[Mistake, ...]:
        if exercise.id not in self._mistakes:
            self._mistakes[exercise.id] = read_mistakes(exercise)
        return self._mistakes[exercise.id]

    def _public_traces(self, exercise: Exercise, public: Sequence[Check], mistake: Mistake) -> Traces:
        key = (exercise.id, mistake.name)
        if key not in self._public:
            self._public[key] = behaviour(exercise, public, mistake.source, self._bench, Seeds())
        return self._public[key]

    def _agrees_on(
        self,
        exercise: Exercise,
        checks: Sequence[Check],
        hidden: Sequence[Check],
        traces: Traces,
        mistake: Mistake,
        seeds: Seeds,
    ) -> bool:
        # Public checks run again too where hidden ones need them; those that failed come first to end early.
        mine = behaviour(exercise, checks, mistake.source, self._bench, seeds)
        return _agrees(traces, mine, hidden)


def behaviour(exercise: Exercise, checks: Sequence[Check], source: str, bench: Bench, seeds: Seeds) -> Traces:
    """How a known source behaves on checks."""
    text = Source(source, f"{exercise.name}.py")
    return judge(exercise, checks, text, bench, seeds, required_solutions(exercise)).traces


def diagnose_by_fingerprint(chapter: Chapter, exercise: Exercise, judged: Judged) -> Diagnosis | None:
    """The mistake whose fingerprint fits the public checks' outcome, if there is exactly one.

    Raises:
        AuthorError: fingerprints.json is damaged.
    """
    if not can_be_named(judged):
        return None
    public = [c.name for c in judged.result.checks if c.visibility is Visibility.PUBLIC]
    left = [
        entry
        for entry in read_fingerprints(chapter.fingerprints).get(exercise.name, [])
        if _tells_enough(entry["traces"]) and behaves_alike(judged.traces, entry["traces"], public)
    ]
    return Diagnosis("fingerprint", left[0]["name"], left[0]["tells"]) if len(left) == 1 else None


def _tells_enough(traces: Traces) -> bool:
    """Whether one failure at least is known in full: which checks failed alone is what many mistakes have in common."""
    return any(trace.passed is False and not trace.vague for trace in traces.values())


def read_fingerprints(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Exercise name → [{name, tells, traces}], none if the file is not there.

    Raises:
        AuthorError: It is damaged, or of another format.
    """
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FINGERPRINT_FORMAT:
            raise ValueError(f"format {data['format']}, this kit reads {FINGERPRINT_FORMAT}")
        return {
            exercise: [
                entry | {"traces": {name: CheckTrace.from_json(t) for name, t in entry["traces"].items()}}
                for entry in entries
            ]
            for exercise, entries in data["exercises"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AuthorError(f"{path}: cannot be read: {error}.", "Write it anew: d2l-kit author fingerprint.") from error


def mechanical(exercise: Exercise, source: Source, judged: Judged) -> tuple[Diagnosis | None, tuple[str, ...]]:
    """Mistakes that the text itself shows: the first as a diagnosis, all as notes."""
    stub = exercise.files.stub.read_text(encoding="utf-8")
    findings = rules.static_findings(source.text, stub)
    if any(check.status in _NEVER_AT_ITS_END for check in judged.result.checks):
        findings = [finding for finding in findings if finding.kind != "no_return"]
    notes = tuple(f"{_place(source, f.line)}: {f.text}" if f.line else f.text for f in findings)
    diagnosis = Diagnosis("mechanical", findings[0].kind, notes[0]) if findings else None
    return diagnosis, notes


def _place(source: Source, line: int) -> str:
    place = source.locate(line)
    return f"{place.file}:{place.line}" if place.cell is None else f"{place.file}, cell {place.cell}, line {place.line}"


def can_be_named(judged: Judged) -> bool:
    """Something failed, and all that failed did so by answering, not by hanging or dying."""
    if judged.result.status is not ExerciseStatus.FAILED or not judged.traces:
        return False
    failed = [c for c in judged.result.checks if c.status not in (Status.PASSED, Status.NOT_RUN)]
    return bool(failed) and all(c.status in _SEEN for c in failed)


def _agrees(mine: Traces, theirs: Traces, checks: Sequence[Check]) -> bool:
    return behaves_alike(mine, theirs, [check.name for check in checks])


def behaves_alike(mine: Traces, theirs: Traces, names: Sequence[str]) -> bool:
    """Whether two sources ended every one of these checks alike, and answered alike where they failed."""
    for name in names:
        if (name in mine) != (name in theirs):
            return False
        if name in mine and not agree(mine[name], theirs[name]):
            return False
    return True
