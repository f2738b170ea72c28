"""`author fingerprint`: writes what misconceptions answer to public checks, for any machine to name them.

Everything is run twice, the second time with the oldest instructions that the libraries know: what comes out otherwise
then would on another processor, and is not kept. Two ways to round may agree by chance where a training diverges, so a
mistake in which they differ anywhere is run in more ways.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from d2l_kit.author import run
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import MachineError
from d2l_kit.grading.diagnosis import FINGERPRINT_FORMAT, Traces, behaviour
from d2l_kit.grading.judge import Bench, Seeds
from d2l_kit.grading.mistakes import Mistake, read_mistakes
from d2l_kit.grading.traces import CheckTrace, in_common
from d2l_kit.report.model import Visibility

Found = dict[str, Traces]  # mistake → check → trace


def write_fingerprints(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    jobs: int = 0,
    progress: run.Progress = run.quietly,
) -> tuple[list[Path], tuple[str, ...]]:
    """Write the chapters' fingerprints.json anew for the exercises given; the others' entries are kept.

    Everything is run twice and some of it more often, so `progress` counts to the end as often.

    Returns:
        The files written, and the problems met (an exercise with a problem keeps its old entry).
    """
    found: dict[str, Found] = {}
    problems: list[str] = []
    mistakes = {exercise.id: read_mistakes(exercise) for exercise in exercises}
    left = [(exercise, mistakes[exercise.id]) for exercise in exercises]
    for number, environment in enumerate(_ways_to_round()):
        results = _run(left, jobs, progress, environment)
        problems += results.problems
        for (exercise, _), answer in zip(left, results.values, strict=True):
            if answer is None:
                found.pop(exercise.id, None)
            elif number == 0:
                found[exercise.id] = _from_json(answer)
            else:
                found[exercise.id] |= _both(found[exercise.id], _from_json(answer))
        left = [(e, wanted) for e, asked in left if e.id in found and (wanted := _again(number, asked, found[e.id]))]
    fresh = {e.id: _entries(mistakes[e.id], found[e.id]) for e in exercises if e.id in found}
    written = []
    for chapter in run.chapters_of(chapters, exercises):
        _write(chapter.fingerprints, {e.name: fresh.get(e.id) for e in chapter.exercises})
        written.append(chapter.fingerprints)
    return written, tuple(problems)


def _ways_to_round() -> tuple[dict[str, str], ...]:
    """For each way, variables that make the libraries round so: as they will, all as old processors do, and mixed."""
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    torch_old = {"ATEN_CPU_CAPABILITY": "default"}
    others_old = {"MKL_CBWR": "COMPATIBLE", "ONEDNN_MAX_CPU_ISA": "SSE41", "OPENBLAS_CORETYPE": "Nehalem"}
    numpy_old = {"NPY_DISABLE_CPU_FEATURES": " ".join(simd.get("found", ()))}
    between = {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_CBWR": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
    }
    return {}, torch_old | others_old | numpy_old, between, torch_old, others_old


def _run(
    asked: Sequence[tuple[Exercise, Sequence[Mistake]]],
    jobs: int,
    progress: run.Progress,
    environment: Mapping[str, str],
) -> run.Results:
    """What mistakes answer to the public checks, as JSON, for each exercise."""

    def work(bench: Bench, index: int) -> dict[str, Any]:
        exercise, mistakes = asked[index]
        public = [c for c in bench.session.of(exercise) if c.visibility is Visibility.PUBLIC]
        behaviours = {m.name: behaviour(exercise, public, m.source, bench, Seeds()) for m in mistakes}
        return {name: {check: t.as_json() for check, t in traces.items()} for name, traces in behaviours.items()}

    exercises = [exercise for exercise, _ in asked]
    return run.hold(exercises, [e.id for e in exercises], work, jobs, progress, environment=environment)


def _from_json(answer: Mapping[str, Any]) -> Found:
    return {
        name: {check: CheckTrace.from_json(trace) for check, trace in traces.items()} for name, traces in answer.items()
    }


def _both(one: Found, other: Found) -> Found:
    """Of the mistakes in the other, what both show."""
    return {
        name: {check: in_common(one[name][check], trace) for check, trace in traces.items() if check in one[name]}
        for name, traces in other.items()
    }


def _again(number: int, asked: Sequence[Mistake], found: Found) -> tuple[Mistake, ...]:
    """Those to be run once more: all of them after the first time, then those of which something is not known."""
    return tuple(m for m in asked if number == 0 or any(t.vague for t in found[m.name].values()))


def _entries(mistakes: Sequence[Mistake], found: Found) -> list[dict[str, Any]]:
    """An entry for every mistake that fails a public check in one of the ways at least."""
    return [
        {
            "name": mistake.name,
            "tells": mistake.tells,
            "traces": {check: trace.as_json() for check, trace in found[mistake.name].items()},
        }
        for mistake in mistakes
        if not all(trace.passed for trace in found[mistake.name].values())
    ]


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
