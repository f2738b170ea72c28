"""What two gradings of a class differ in: whose points moved by how much, which checks, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from d2l_kit.errors import UsageError
from d2l_kit.gradebook.model import CheckOutcome, Run, State, Stored
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.report.model import Report, Status

_NO_RUN = "There is no run {run} of {assignment}."
_NO_RUNS = "There is no run of {assignment} yet."
_SEE_RUNS = "`d2l-kit gradebook history` lists the runs."
_STANDS = "what stands"
_STOOD = "what stood before it"
_RUN = "run {run}"
_REJECTED = "run {run} (rejected)"
_OVERTAKEN = "run {run} (overtaken: a later grading of the same counts)"

_FIRST = "graded for the first time"
_SUBMISSION = "the submission changed"
_CHECKS = "the checks changed"
_SEED = "the seed changed"
_MARK = "the demanded assignment changed"
_KIT = "d2l-kit {before} → {after}"
_VERSION = "{name} {before} → {after}"
_DEVICE = "graded on {after} instead of {before}"
_WORTH = "{exercise} is worth {after} instead of {before} points"
_NOTHING = "nothing that is recorded changed: the submission does not always answer alike"
_PARTS = {"submission": _SUBMISSION, "checks": _CHECKS, "seed": _SEED, "assignment": _MARK}


@dataclass(frozen=True)
class CheckMove:
    """A check that ends otherwise; None: it was not there."""

    name: str
    title: str
    before: Status | None
    after: Status | None


@dataclass(frozen=True)
class ExerciseMove:
    """An exercise in which something differs; None: it was not graded."""

    exercise: str
    before: Fraction | None
    after: Fraction | None
    checks: tuple[CheckMove, ...]


@dataclass(frozen=True)
class Move:
    """A submission whose checks or points differ; lateness and adjustments are left out.

    Attributes:
        why: What the two gradings were made from, as far as it differs.
    """

    before: Stored | None
    after: Stored
    exercises: tuple[ExerciseMove, ...]
    why: tuple[str, ...]

    @property
    def points(self) -> Fraction:
        """By how much the points of the checks move."""
        return self.after.earned - (self.before.earned if self.before else Fraction(0))


@dataclass(frozen=True)
class Difference:
    """Two sides, as they are named to people, and all that differs.

    Attributes:
        waiting: The run whose proposals are looked at, if nobody has decided on them; else 0.
    """

    before: str
    after: str
    moves: tuple[Move, ...]
    same: int
    waiting: int = 0


def between(store: Gradebook, assignment: str, first: int, second: int) -> Difference:
    """What stood after one run against what stands after another, proposals of the runs included.

    Raises:
        UsageError: There is no such run of this assignment.
    """
    runs = {run.id: run for run in store.runs(assignment)}
    for number in (first, second):
        _demand(runs, number, assignment)
    living = [stored for stored in store.stored(assignment) if stored.state is not State.REJECTED]
    before, after = (_after_run(living, number) for number in (first, second))
    pairs = [(before.get(name), stored) for name, stored in after.items()]
    return _difference(store, pairs, _RUN.format(run=first), _RUN.format(run=second))


def of_run(store: Gradebook, assignment: str, number: int | None = None) -> Difference:
    """What one run found against what stands without it.

    Args:
        number: By default the last run whose proposals wait, else the last one with something that counts.

    Raises:
        UsageError: There is no such run of this assignment.
    """
    runs = {run.id: run for run in store.runs(assignment)}
    everything = store.stored(assignment)
    if number is None:
        if not runs:
            raise UsageError(_NO_RUNS.format(assignment=assignment or "this class"), "Grade a class first.")
        number = _of_interest(everything) or max(runs)
    _demand(runs, number, assignment)
    own = [stored for stored in everything if stored.run == number]
    accepted = _accepted(everything)
    waits = any(_waits(stored, accepted) for stored in own)
    states = {stored.state for stored in own}
    name = _REJECTED if states == {State.REJECTED} else _OVERTAKEN if states == {State.PROPOSED} and not waits else _RUN
    pairs = [(_without(accepted, stored), stored) for stored in own]
    before = _STANDS if State.PROPOSED in states else _STOOD
    return _difference(store, pairs, before, name.format(run=number), number if waits else 0)


def _accepted(stored: Iterable[Stored]) -> dict[str, list[Stored]]:
    """What was accepted of each submission, oldest first."""
    found: dict[str, list[Stored]] = {}
    for each in stored:
        if each.state is State.ACCEPTED:
            found.setdefault(each.hand_in.submission, []).append(each)
    return found


def _of_interest(stored: Sequence[Stored]) -> int:
    """The last run with proposals that wait, else the last with something that counts; 0: there is none."""
    accepted = _accepted(stored)
    waiting = [each.run for each in stored if _waits(each, accepted)]
    return max(waiting or [each.run for some in accepted.values() for each in some], default=0)


def _waits(stored: Stored, accepted: Mapping[str, Sequence[Stored]]) -> bool:
    """Whether it is proposed, and no later grading of the same work was accepted: that counts in its stead."""
    later = (each for each in accepted.get(stored.hand_in.submission, ()) if each.id > stored.id)
    return stored.state is State.PROPOSED and all(each.content != stored.content for each in later)


def _demand(runs: Mapping[int, Run], number: int, assignment: str) -> None:
    if number not in runs:
        raise UsageError(_NO_RUN.format(run=number, assignment=assignment or "this class"), _SEE_RUNS)


def _after_run(living: Iterable[Stored], run: int) -> dict[str, Stored]:
    return {stored.hand_in.submission: stored for stored in living if stored.run <= run}  # oldest first: the last stays


def _without(accepted: Mapping[str, Sequence[Stored]], stored: Stored) -> Stored | None:
    """What stood for a submission before `stored`; where that is proposed, what stands now, if it can for that work."""
    found = [each for each in accepted.get(stored.hand_in.submission, ()) if each.id != stored.id]
    if stored.state is State.PROPOSED:
        found = [each for each in found if each.content == stored.content] or found
    else:
        found = [each for each in found if each.id < stored.id]
    return found[-1] if found else None


def _difference(
    store: Gradebook, pairs: Iterable[tuple[Stored | None, Stored]], before: str, after: str, waiting: int = 0
) -> Difference:
    pairs = [*pairs]
    differing = [(old, new) for old, new in pairs if old is None or old.id != new.id]
    outcomes = _outcomes(store, (each.id for pair in differing for each in pair if each is not None))
    moves = []
    for old, new in differing:
        exercises = tuple(_exercise_moves(old, new, outcomes))
        if exercises or old is None:
            moves.append(Move(old, new, exercises, tuple(_why(store, old, new))))
    moves.sort(key=lambda move: (-abs(move.points), move.after.hand_in.submission))
    return Difference(before, after, tuple(moves), len(pairs) - len(moves), waiting)


def _outcomes(store: Gradebook, numbers: Iterable[int]) -> dict[int, dict[str, dict[str, CheckOutcome]]]:
    """By report, exercise and check."""
    found: dict[int, dict[str, dict[str, CheckOutcome]]] = {}
    for outcome in store.checks(numbers):
        found.setdefault(outcome.stored, {}).setdefault(outcome.exercise, {})[outcome.name] = outcome
    return found


def _exercise_moves(
    old: Stored | None, new: Stored, outcomes: Mapping[int, Mapping[str, Mapping[str, CheckOutcome]]]
) -> Iterator[ExerciseMove]:
    before = {result.exercise: result for result in old.results} if old else {}
    after = {result.exercise: result for result in new.results}
    for exercise in dict.fromkeys([*before, *after]):
        was, now = before.get(exercise), after.get(exercise)
        checks = tuple(
            _check_moves(
                outcomes.get(old.id, {}).get(exercise, {}) if old else {},
                outcomes.get(new.id, {}).get(exercise, {}),
            )
        )
        if (was and (was.earned, was.points, was.pending)) != (now and (now.earned, now.points, now.pending)) or (
            checks and old
        ):
            yield ExerciseMove(exercise, was.earned if was else None, now.earned if now else None, checks)


def _check_moves(before: Mapping[str, CheckOutcome], after: Mapping[str, CheckOutcome]) -> Iterator[CheckMove]:
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        known = now or was
        if known is not None and (was and was.status) != (now and now.status):
            yield CheckMove(name, known.title, was.status if was else None, now.status if now else None)


def _why(store: Gradebook, old: Stored | None, new: Stored) -> Iterator[str]:
    if old is None:
        yield _FIRST
        return
    found = [*_reasons(store.report(old.id), store.report(new.id))]
    yield from found or [_NOTHING]


def _reasons(before: Report, after: Report) -> Iterator[str]:
    for part, text in _PARTS.items():
        if before.made_from.get(part) != after.made_from.get(part):
            yield text
    kits = [report.made_from.get("kit") or report.versions.get("d2l-kit", "") for report in (before, after)]
    if kits[0] != kits[1]:
        yield _KIT.format(before=kits[0] or "unknown", after=kits[1] or "unknown")
    for name in sorted({*before.versions, *after.versions} - {"d2l-kit"}):
        was, now = before.versions.get(name, "none"), after.versions.get(name, "none")
        if was != now:
            yield _VERSION.format(name=name, before=was, after=now)
    if before.device != after.device:
        yield _DEVICE.format(before=before.device, after=after.device)
    worth = {exercise.id: exercise.points for exercise in before.exercises}
    for exercise in after.exercises:
        if worth.get(exercise.id, exercise.points) != exercise.points:
            yield _WORTH.format(exercise=exercise.id, before=worth[exercise.id], after=exercise.points)
