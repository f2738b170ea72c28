"""A trial: the checks of one exercise run on everything that is known to be right or wrong, on several seeds.

These are the stub, the solution, every alternative, every misconception and a few trivial answers. No other
exercise's file is at hand unless `requires` names it, so that a passing solution proves its exercise
independent of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from d2l_kit.author import trivial
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import AuthorError
from d2l_kit.grading.diagnosis import behaves_alike, can_be_named, diagnose_by_fingerprint
from d2l_kit.grading.judge import Bench, Judged, Seeds, judge
from d2l_kit.grading.mistakes import Mistake, read_mistakes, required_solutions
from d2l_kit.grading.plugin import Check
from d2l_kit.report.model import ExerciseStatus, Status, Visibility
from d2l_kit.submission import Source

TIME_SHARE = 0.2  # of the limit, for the solution
_TRIES = 3


@dataclass
class Trial:
    """Everything that was run for one exercise; each list but `stub` holds one result a seed.

    Attributes:
        wrong: Mistake → its results.
        trivial: Trivial answer → its results.
        named: Mistake → what the diagnosis with the reference named.
        printed: Mistake → what its fingerprint named.
        quickest: The solution's time as a share of the limit, the best of a few tries where the first is long: a
            machine that is busy with something else is not the exercise's fault.
    """

    exercise: Exercise
    chapter: Chapter
    checks: Sequence[Check]
    mistakes: Sequence[Mistake] = ()
    stub: list[Judged] = field(default_factory=list)
    solution: list[Judged] = field(default_factory=list)
    alternatives: dict[Path, list[Judged]] = field(default_factory=dict)
    wrong: dict[str, list[Judged]] = field(default_factory=dict)
    trivial: dict[str, list[Judged]] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    quickest: list[float] = field(default_factory=list)

    @property
    def time_share(self) -> float:
        """The solution's time as a share of the limit, on the seed that takes longest."""
        return max(self.quickest, default=0.0)


def hold_trial(chapter: Chapter, exercise: Exercise, bench: Bench, seeds: Sequence[str]) -> Trial:
    """Run the checks of one exercise on everything there is.

    On the first seed that is all checks on everything. The stub hangs on no seed, and what a mistake answers to the
    other checks is wanted once, for its name: on further seeds it meets only those that are to catch it.

    Raises:
        AuthorError: A file is missing or broken such that nothing can be run.
    """
    checks = bench.session.of(exercise)
    trial = Trial(exercise, chapter, checks, read_mistakes(exercise))
    stub = exercise.files.stub.read_text(encoding="utf-8")
    if exercise.files.solution is None:
        raise AuthorError(f"{exercise.id}: there is no solution.", f"Write {exercise.name}.py in the reference room.")
    solution = exercise.files.solution.read_text(encoding="utf-8")
    companions = required_solutions(exercise)
    for seed in seeds:
        first = seed == seeds[0]
        on = _Run(exercise, bench, Seeds(public=_public_seed(seed, seeds), hidden=seed, student="verify"), companions)
        # The wrapper around a trivial answer is ours: what it uses is no reason to refuse it before a check has run.
        unruled = replace(on, exercise=replace(exercise, forbidden=()))
        if first:
            trial.stub.append(on(stub, checks, second_look=False))
        trial.solution.append(on(solution, checks))
        trial.quickest.append(_quickest(trial.solution[-1], partial(on, solution, checks), exercise))
        for path in exercise.files.alternatives:
            trial.alternatives.setdefault(path, []).append(on(path.read_text(encoding="utf-8"), checks))
        for mistake in trial.mistakes:
            # As a student's would be judged where it is to be named; elsewhere it need only be caught.
            wanted = checks if first else [check for check in checks if check.name in mistake.caught_by]
            trial.wrong.setdefault(mistake.name, []).append(on(mistake.source, wanted, second_look=first))
        for name, source in trivial.answers(stub, solution):
            trial.trivial.setdefault(name, []).append(unruled(source, checks, second_look=False))
    _ask_for_names(trial)
    return trial


def _quickest(first: Judged, again: Callable[[], Judged], exercise: Exercise) -> float:
    """The least share of the limit that a run takes; it is run again only where it took too much."""
    shares = [_share_of_time(exercise, first)]
    while shares[-1] > TIME_SHARE and len(shares) < _TRIES:
        shares.append(_share_of_time(exercise, again()))
    return min(shares)


def _share_of_time(exercise: Exercise, judged: Judged) -> float:
    return sum(check.duration for check in judged.result.checks) / exercise.limits.time


def _ask_for_names(trial: Trial) -> None:
    """What the diagnosis names for every mistake: the first seed's runs hold all that it would run again."""
    names = [check.name for check in trial.checks]
    known = {name: judged[0].traces for name, judged in trial.wrong.items()}
    for wrong, runs in trial.wrong.items():
        alike = [name for name, traces in known.items() if behaves_alike(runs[0].traces, traces, names)]
        trial.named[wrong] = alike[0] if can_be_named(runs[0]) and len(alike) == 1 else ""
        by_print = diagnose_by_fingerprint(trial.chapter, trial.exercise, public_part(runs[0]))
        trial.printed[wrong] = by_print.name if by_print else ""


@dataclass(frozen=True)
class _Run:
    exercise: Exercise
    bench: Bench
    seeds: Seeds
    companions: Mapping[str, str]

    def __call__(self, text: str, checks: Sequence[Check], second_look: bool = True) -> Judged:
        source = Source(text, f"{self.exercise.name}.py")
        return judge(self.exercise, checks, source, self.bench, self.seeds, self.companions, second_look=second_look)


def _public_seed(seed: str, seeds: Sequence[str]) -> str:
    """The course's own for the first seed, as for fingerprints; others, to see that nothing hangs on it."""
    return Seeds().public if seed == seeds[0] else seed


def public_part(judged: Judged) -> Judged:
    """What a student's machine would have seen of it."""
    public = tuple(c for c in judged.result.checks if c.visibility is Visibility.PUBLIC)
    failed = any(c.status is not Status.PASSED for c in public)
    status = ExerciseStatus.FAILED if failed else ExerciseStatus.PASSED
    names = {c.name for c in public}
    traces = {name: trace for name, trace in judged.traces.items() if name in names}
    return Judged(replace(judged.result, checks=public, status=status), traces)
