"""`author fingerprint`: writes what misconceptions answer to public checks, for any machine to name them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from d2l_kit.author import run
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import MachineError
from d2l_kit.grading.diagnosis import FINGERPRINT_FORMAT, behaviour
from d2l_kit.grading.judge import Bench, Seeds
from d2l_kit.grading.mistakes import read_mistakes
from d2l_kit.report.model import Visibility


def write_fingerprints(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    jobs: int = 0,
    progress: run.Progress = run.quietly,
) -> tuple[list[Path], tuple[str, ...]]:
    """Write the chapters' fingerprints.json anew for the exercises given; the others' entries are kept.

    Returns:
        The files written, and the problems met (an exercise with a problem keeps its old entry).
    """

    def work(bench: Bench, index: int) -> dict[str, Any]:
        return {"entries": fingerprints(exercises[index], bench)}

    results = run.hold(exercises, [e.id for e in exercises], work, jobs, progress)
    written = []
    for chapter in run.chapters_of(chapters, exercises):
        fresh = {
            e.name: value["entries"]
            for e, value in zip(exercises, results.values, strict=True)
            if value and e.chapter == chapter.name
        }
        _write(chapter.fingerprints, {e.name: fresh.get(e.name) for e in chapter.exercises})
        written.append(chapter.fingerprints)
    return written, results.problems


def fingerprints(exercise: Exercise, bench: Bench) -> list[dict[str, Any]]:
    """The entries of one exercise: every mistake that fails a public check, in teaching order."""
    public = [c for c in bench.session.of(exercise) if c.visibility is Visibility.PUBLIC]
    entries = []
    for mistake in read_mistakes(exercise):
        traces = behaviour(exercise, public, mistake.source, bench, Seeds())
        if any(not trace.passed for trace in traces.values()):
            as_json = {name: trace.as_json() for name, trace in traces.items()}
            entries.append({"name": mistake.name, "tells": mistake.tells, "traces": as_json})
    return entries


def _write(path: Path, exercises: dict[str, list[dict[str, Any]] | None]) -> None:
    old: dict[str, Any] = {}
    if path.exists():
        old = json.loads(path.read_text(encoding="utf-8")).get("exercises", {})
    merged = {name: old.get(name, []) if fresh is None else fresh for name, fresh in exercises.items()}
    text = json.dumps({"format": FINGERPRINT_FORMAT, "exercises": merged}, indent=None, separators=(",", ":"))
    # One mistake a line: a change shows in a diff as what it is.
    text = text.replace('{"name":', '\n{"name":') + "\n"
    part = path.with_suffix(".json.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        remedy = "The course must be writable: install it in place (pip install -e .)."
        raise MachineError(f"{path}: {error.strerror}.", remedy) from error
