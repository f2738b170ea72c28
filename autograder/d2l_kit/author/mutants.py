"""`author mutants`: changes each solution mechanically and lists the changes that no check notices.

A survivor is a hole in the checks, or a change that changes nothing; an author marks the second kind in
`<exercise>.mistakes.toml` with its reason:

    [[equivalent]]
    mutant = "line 12: a + b -> b + a"     # the text the command prints, or only what follows "line N: "
    reason = "Addition commutes."
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from d2l_kit.author import run
from d2l_kit.author.mutate import Mutant, mutants
from d2l_kit.catalog import Exercise
from d2l_kit.grading.judge import Bench, Seeds, judge
from d2l_kit.grading.mistakes import read_equivalents, required_solutions
from d2l_kit.grading.plugin import Check
from d2l_kit.report.model import Status
from d2l_kit.submission import Source

_CHUNK = 6  # mutants a piece of work: few enough to share out evenly
_STALE = "{}: [[equivalent]] {!r} fits no surviving mutant."
_LINE = re.compile(r"^line \d+: ")


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: "killed" (by which check), "survived" or "equivalent" (and why)."""

    exercise: str
    mutant: str
    fate: str
    by: str = ""


@dataclass(frozen=True)
class Slaughter:
    """All mutants' fates, equivalents that no longer exist or are killed, and problems."""

    fates: tuple[Fate, ...]
    stale: tuple[str, ...]
    problems: tuple[str, ...]

    def share(self, exercise: str | None = None) -> float:
        """Killed among the non-equivalent; 1 if there is none."""
        counted = [f for f in self.fates if f.fate != "equivalent" and exercise in (None, f.exercise)]
        return sum(f.fate == "killed" for f in counted) / len(counted) if counted else 1.0


def run_mutants(
    exercises: Sequence[Exercise], jobs: int = 0, progress: run.Progress = run.quietly, at_most: int | None = None
) -> Slaughter:
    """Run every mutant of every exercise's solution through its checks until one fails.

    Args:
        at_most: So many mutants of each exercise, spread over the file; then nothing is said of stale equivalents.
    """
    pieces: list[tuple[Exercise, list[Mutant]]] = []
    for exercise in exercises:
        if exercise.files.solution is not None:
            found = mutants(exercise.files.solution.read_text(encoding="utf-8"))
            if at_most is not None and len(found) > at_most:
                found = [found[i * len(found) // at_most] for i in range(at_most)]
            pieces += [(exercise, found[i : i + _CHUNK]) for i in range(0, len(found), _CHUNK)]

    def work(bench: Bench, index: int) -> dict[str, Any]:
        exercise, few = pieces[index]
        checks = bench.session.of(exercise)
        return {"killers": [_killer(exercise, checks, mutant, bench) for mutant in few]}

    equivalents = {e.id: {mark.mutant: mark.reason for mark in read_equivalents(e)} for e in exercises}
    results = run.hold(exercises, [e.id for e, _ in pieces], work, jobs, progress)
    fates: list[Fate] = []
    stale: list[str] = []
    for exercise in exercises:
        marked = equivalents[exercise.id]
        used: set[str] = set()
        for (owner, few), value in zip(pieces, results.values, strict=True):
            if owner is exercise and value:
                killers = zip(few, value["killers"], strict=True)
                fates += [_fate(exercise, mutant, killer, marked, used) for mutant, killer in killers]
        if at_most is None:
            stale += [_STALE.format(exercise.id, text) for text in marked if text not in used]
    return Slaughter(tuple(fates), tuple(stale), results.problems)


def _killer(exercise: Exercise, checks: Sequence[Check], mutant: Mutant, bench: Bench) -> str:
    """Name of the first check that rejects a mutant, "" if none does."""
    source = Source(mutant.source, f"{exercise.name}.py")
    seeds = Seeds(hidden="mutants", student=str(mutant.id))
    companions = required_solutions(exercise)
    result = judge(exercise, checks, source, bench, seeds, companions, stop_at_failure=True, second_look=False).result
    return next((c.name for c in result.checks if c.status not in (Status.PASSED, Status.NOT_RUN)), "")


def _fate(exercise: Exercise, mutant: Mutant, killer: str, marked: dict[str, str], used: set[str]) -> Fate:
    text = mutant.id
    if killer:
        return Fate(exercise.id, text, "killed", killer)
    for name in (text, _LINE.sub("", text)):
        if name in marked:
            used.add(name)
            return Fate(exercise.id, text, "equivalent", marked[name])
    return Fate(exercise.id, text, "survived")
