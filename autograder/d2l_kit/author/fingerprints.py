"""`author fingerprint`: writes what misconceptions answer to public checks, for any machine to name them.

Everything is run twice, the second time with the oldest instructions that the libraries know: what comes out otherwise
then would on another processor, and is not kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from d2l_kit.author import run
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import MachineError
from d2l_kit.grading.diagnosis import FINGERPRINT_FORMAT, behaviour
from d2l_kit.grading.judge import Bench, Seeds
from d2l_kit.grading.mistakes import Mistake, read_mistakes
from d2l_kit.grading.traces import CheckTrace, in_common
from d2l_kit.report.model import Visibility


def write_fingerprints(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    jobs: int = 0,
    progress: run.Progress = run.quietly,
) -> tuple[list[Path], tuple[str, ...]]:
    """Write the chapters' fingerprints.json anew for the exercises given; the others' entries are kept.

    Everything is run twice, so `progress` counts to the end twice.

    Returns:
        The files written, and the problems met (an exercise with a problem keeps its old entry).
    """

    def work(bench: Bench, index: int) -> dict[str, Any]:
        return {"traces": _traces(exercises[index], bench)}

    names = [e.id for e in exercises]
    runs = [
        run.hold(exercises, names, work, jobs, progress, environment=environment)
        for environment in ({}, _other_rounding())
    ]
    fresh = {
        exercise.id: _entries(read_mistakes(exercise), first["traces"], second["traces"])
        for exercise, first, second in zip(exercises, *(results.values for results in runs), strict=True)
        if first and second
    }
    written = []
    for chapter in run.chapters_of(chapters, exercises):
        _write(chapter.fingerprints, {e.name: fresh.get(e.id) for e in chapter.exercises})
        written.append(chapter.fingerprints)
    return written, tuple(problem for results in runs for problem in results.problems)


def _other_rounding() -> dict[str, str]:
    """Variables that make each library round in another of the ways that it has."""
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    return {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": " ".join(simd.get("found", ())),
    }


def _traces(exercise: Exercise, bench: Bench) -> list[dict[str, Any]]:
    """What every mistake answers to the public checks, in teaching order."""
    public = [c for c in bench.session.of(exercise) if c.visibility is Visibility.PUBLIC]
    behaviours = (behaviour(exercise, public, m.source, bench, Seeds()) for m in read_mistakes(exercise))
    return [{name: trace.as_json() for name, trace in traces.items()} for traces in behaviours]


def _entries(
    mistakes: Sequence[Mistake], first: Sequence[dict[str, Any]], second: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """An entry for every mistake that fails a public check, with what both runs show."""
    entries = []
    for mistake, one, other in zip(mistakes, first, second, strict=True):
        if all(trace["passed"] for trace in (*one.values(), *other.values())):
            continue
        both = {
            check: in_common(CheckTrace.from_json(one[check]), CheckTrace.from_json(other[check])).as_json()
            for check in one
            if check in other
        }
        entries.append({"name": mistake.name, "tells": mistake.tells, "traces": both})
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
