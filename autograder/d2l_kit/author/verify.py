"""`author verify`: proves for every exercise that its checks are sharp and fair.

Each rule is one small function. It yields findings, each naming the file, the rule and the remedy; all
findings are shown at once. The rules of `files` look at what is written, those here at what a trial gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from d2l_kit.author import run
from d2l_kit.author.files import Finding, can_be_run, look, look_at_chapter
from d2l_kit.author.trial import TIME_SHARE, Trial, hold_trial, public_part
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import AuthorError
from d2l_kit.grading.diagnosis import read_fingerprints
from d2l_kit.grading.judge import Bench, Judged
from d2l_kit.grading.traces import CheckTrace, agree
from d2l_kit.report.model import Evidence, Status, Visibility

OBSERVED_SHARE = Fraction(1, 2)

# A name that is forbidden ends an exercise before any check has looked at it.
_LET_BY = (Status.PASSED, Status.NOT_RUN, Status.FORBIDDEN)
_NAMES_SHOWN = 5
_LOOK = "Correct the file named; d2l-kit author show {} lists all of them."
_WRITE_ANEW = "d2l-kit author fingerprint {}"


@dataclass(frozen=True)
class Row:
    """An exercise in the table.

    Attributes:
        solution: Percent of the points, the worst seed's; `alternatives` likewise.
        stub: Percent of the points, the best seed's; `trivial` likewise, of the best trivial answer.
        caught: Mistake → the first check that rejected it on the first seed, "" if none did.
        named: Mistake → what the diagnosis with the reference named, "" if nothing.
        printed: Mistake → the same by fingerprints alone.
    """

    exercise: str
    checks: tuple[int, int]
    stub: float
    solution: float
    alternatives: tuple[float, ...]
    trivial: float
    caught: dict[str, str]
    named: dict[str, str]
    printed: dict[str, str]
    time_share: float
    seeds: int


@dataclass(frozen=True)
class Verification:
    """What `author verify` found.

    Attributes:
        rows: The exercises that could be run.
        findings: What authors are to mend.
        problems: What kept the kit itself from verifying an exercise.
    """

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    problems: tuple[str, ...] = ()


def verify(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    seeds: int = 2,
    jobs: int = 0,
    progress: run.Progress = run.quietly,
) -> Verification:
    """Hold a trial of every exercise and apply every rule.

    Args:
        chapters: Those the exercises belong to; one of which all exercises are given is looked at as a whole.
        exercises: What to verify.
        seeds: How many seeds; the first is the course's own.
        jobs: Processes; 0 for one per core.
        progress: Told of each exercise that is done.
    """
    names = [f"verify-{number}" for number in range(seeds)]
    owners = {chapter.name: chapter for chapter in chapters}
    # Where no solution at all is installed, `hold` says so; a missing one is its exercise's finding.
    installed = any(exercise.files.solution is not None for exercise in exercises)
    runnable = [exercise for exercise in exercises if can_be_run(exercise) or not installed]
    runnable.sort(key=lambda exercise: -exercise.limits.time)  # the longest first: none is left alone at the end

    def work(bench: Bench, index: int) -> dict[str, Any]:
        exercise = runnable[index]
        try:
            trial = hold_trial(owners[exercise.chapter], exercise, bench, names)
        except AuthorError as error:
            return {"findings": [_as_json(_broken(exercise, error))], "row": None}
        return {"findings": [_as_json(finding) for finding in findings(trial)], "row": _row(trial)}

    results = run.hold(runnable, [e.id for e in runnable], work, jobs, progress)
    answers = {exercise.id: value for exercise, value in zip(runnable, results.values, strict=True) if value}
    found: list[Finding] = []
    for chapter in chapters:
        if set(chapter.exercises) <= set(exercises):
            found += [*look_at_chapter(chapter), *_fingerprints_are_of_exercises(chapter)]
    rows = []
    for exercise in exercises:
        answer = answers.get(exercise.id, {"findings": (), "row": None})
        found += look(owners[exercise.chapter], exercise)
        found += [_from_json(entry) for entry in answer["findings"]]
        if answer["row"]:
            rows.append(Row(**answer["row"]))
    return Verification(tuple(rows), tuple(found), results.problems)


def findings(trial: Trial) -> list[Finding]:
    """What the rules find; as long as the solution fails only that, since the rest would follow from it."""
    failing = [*_all_pass("solution scores 100 %", trial.exercise.files.solution, trial.solution)]
    return failing or [finding for rule in RULES for finding in rule(trial)]


def _fingerprints_are_of_exercises(chapter: Chapter) -> Iterator[Finding]:
    path = chapter.fingerprints
    try:
        strangers = sorted(set(read_fingerprints(path)) - {exercise.name for exercise in chapter.exercises})
    except AuthorError as error:
        yield Finding(path, "fingerprints", error.message, error.remedy)
        return
    for name in strangers:
        yield Finding(path, "fingerprints", f"{name!r} is no exercise.", _WRITE_ANEW.format(chapter.name))


def _broken(exercise: Exercise, error: AuthorError) -> Finding:
    remedy = error.remedy or _LOOK.format(exercise.id)
    return Finding(exercise.files.public_checks, "it can be run", f"{exercise.id}: {error.message}", remedy)


def _as_json(finding: Finding) -> dict[str, str]:
    return asdict(finding) | {"file": str(finding.file)}


def _from_json(data: Mapping[str, str]) -> Finding:
    return Finding(Path(data["file"]), data["rule"], data["message"], data["remedy"])


def _row(trial: Trial) -> dict[str, Any]:
    def share(judged: Sequence[Judged], pick: Callable[[list[Fraction]], Fraction]) -> float:
        full = Fraction(trial.exercise.points)
        return float(pick([(j.result.earned + j.result.pending) / full for j in judged]) * 100)

    def catcher(judged: Judged) -> str:
        return next((c.name for c in judged.result.checks if c.status not in (Status.PASSED, Status.NOT_RUN)), "")

    public = sum(check.visibility is Visibility.PUBLIC for check in trial.checks)
    return {
        "exercise": trial.exercise.id,
        "checks": (public, len(trial.checks) - public),
        "stub": share(trial.stub, max),
        "solution": share(trial.solution, min),
        "alternatives": [share(judged, min) for judged in trial.alternatives.values()],
        "trivial": max((share(judged, max) for judged in trial.trivial.values()), default=0.0),
        "caught": {name: catcher(judged[0]) for name, judged in trial.wrong.items()},
        "named": trial.named,
        "printed": trial.printed,
        "time_share": trial.time_share,
        "seeds": len(trial.solution),
    }


def _stub_earns_nothing(trial: Trial) -> Iterator[Finding]:
    for judged in trial.stub:
        if judged.result.earned:
            passed = [c.name for c in judged.result.checks if c.status is Status.PASSED]
            yield Finding(
                trial.exercise.files.stub,
                "stub scores 0",
                f"the stub passes {', '.join(passed)}.",
                "Let these checks need one that looks at a value (@pytest.mark.needs).",
            )
            return


def _alternatives_pass(trial: Trial) -> Iterator[Finding]:
    for path, judged in trial.alternatives.items():
        yield from _all_pass("alternatives score 100 %", path, judged)


def _all_pass(rule: str, path: Path | None, judged: Sequence[Judged]) -> Iterator[Finding]:
    for number, one in enumerate(judged):
        failed = [c for c in one.result.checks if c.status is not Status.PASSED and not c.pending]
        if failed:
            first = failed[0]
            said = (first.message or first.status.value).replace("\n", " ")[:400]
            detail = f" [{first.detail[:200]}]" if first.detail else ""
            yield Finding(
                path or Path(),
                rule,
                f"seed {number + 1}: {first.name}: {said}{detail}",
                "Mend the check, or the file.",
            )
            return


def _no_second_thoughts(trial: Trial) -> Iterator[Finding]:
    right = [("the solution", trial.solution), *((p.name, runs) for p, runs in trial.alternatives.items())]
    for what, runs in right:
        for check in (check for judged in runs for check in judged.result.checks if check.notes):
            yield Finding(
                _path_of(trial, check.name),
                "no flake",
                f"{check.name} on {what}: {check.notes[0]}",
                "A check must not depend on those before it.",
            )
            break


def _mistakes_are_caught(trial: Trial) -> Iterator[Finding]:
    path = trial.exercise.files.mistakes or trial.exercise.files.stub
    names = {check.name for check in trial.checks}
    for mistake in trial.mistakes:
        for unknown in sorted(set(mistake.caught_by) - names):
            yield Finding(path, "caught_by", f"{mistake.name}: there is no check {unknown!r}.", "Correct the name.")
        for number, judged in enumerate(trial.wrong[mistake.name]):
            let_by = [c.name for c in judged.result.checks if c.name in mistake.caught_by and c.status in _LET_BY]
            if let_by:
                yield Finding(
                    path,
                    "mistakes are caught",
                    f"{mistake.name}, seed {number + 1}: {', '.join(let_by)} does not catch it.",
                    "Sharpen the check, or correct caught_by.",
                )
                break


def _every_check_has_its_mistake(trial: Trial) -> Iterator[Finding]:
    catching = {
        c.name
        for runs in [*trial.wrong.values(), *trial.trivial.values()]
        for judged in runs
        for c in judged.result.checks
        if c.status not in _LET_BY
    }
    for check in trial.checks:
        if check.name not in catching and not check.needs_gpu:
            yield Finding(
                check.path,
                "every check catches something",
                f"no mistake and no trivial answer fails {check.name}.",
                "Write down the mistake it is there for, or remove it.",
            )


def _trivial_answers_earn_nothing(trial: Trial) -> Iterator[Finding]:
    for name, runs in trial.trivial.items():
        for judged in runs:
            passed = [c for c in judged.result.checks if c.status is Status.PASSED]
            if passed:
                yield Finding(
                    _path_of(trial, passed[0].name),
                    "trivial answers earn nothing",
                    f"{name} passes {', '.join(c.name for c in passed)}.",
                    "Let the check need one that looks at a value, or look at one itself.",
                )
                break


def _path_of(trial: Trial, check: str) -> Path:
    return next(c.path for c in trial.checks if c.name == check)


def _names_are_unique(trial: Trial) -> Iterator[Finding]:
    names = [check.name for check in trial.checks]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(_path_of(trial, name), "unique names", f"two checks are named {name!r}.", "Rename one.")
    for check in trial.checks:
        before = names[: names.index(check.name)]
        for needed in check.needs:
            if needed not in before:
                yield Finding(
                    check.path,
                    "needs",
                    f"{check.name} needs {needed!r}, which does not come before it.",
                    "Correct it.",
                )


def _observed_carries_no_exercise(trial: Trial) -> Iterator[Finding]:
    total = sum((check.weight for check in trial.checks), Fraction(0))
    observed = sum((c.weight for c in trial.checks if c.evidence is Evidence.OBSERVED), Fraction(0))
    if observed > OBSERVED_SHARE * total:
        yield Finding(
            trial.checks[0].path,
            "established evidence",
            f"observed checks carry {float(observed / total):.0%} of the weight.",
            "What only the worker can see must not carry an exercise: at most half.",
        )


def _time_is_ample(trial: Trial) -> Iterator[Finding]:
    if trial.time_share > TIME_SHARE:
        yield Finding(
            trial.chapter.root / "chapter.toml",
            "time limit",
            f"{trial.exercise.name}: the solution takes {trial.time_share:.0%} of the limit.",
            "Allow at least five times what the solution takes.",
        )


def _diagnosis_is_right(trial: Trial) -> Iterator[Finding]:
    path = trial.exercise.files.mistakes or trial.exercise.files.stub
    for wrong, named in _misnamed(trial.named):
        yield Finding(path, "diagnosis", f"{wrong} is named {named or 'nothing'}.", "Let some check tell it apart.")
    for wrong, named in _misnamed(trial.printed):
        if named:
            yield Finding(path, "fingerprints", f"{wrong} is named {named}.", _WRITE_ANEW.format(trial.exercise.id))


def _fingerprints_are_fresh(trial: Trial) -> Iterator[Finding]:
    path = trial.chapter.fingerprints
    kept = {entry["name"]: entry for entry in read_fingerprints(path).get(trial.exercise.name, [])}
    wanted = {m.name: m for m in trial.mistakes if _fails_in_public(trial.wrong[m.name][0])}
    fails = {name for name, entry in kept.items() if any(t.passed is False for t in entry["traces"].values())}
    stale = [name for name in kept if name in fails and name not in wanted]
    for name, mistake in wanted.items():
        traces = public_part(trial.wrong[name][0]).traces
        if name not in kept or kept[name]["tells"] != mistake.tells or not _same_traces(kept[name]["traces"], traces):
            stale.append(name)
    if stale:
        shown = ", ".join(stale[:_NAMES_SHOWN]) + (" …" if len(stale) > _NAMES_SHOWN else "")
        said = f"{trial.exercise.name}: {len(stale)} not as the checks have it now: {shown}."
        yield Finding(path, "fingerprints", said, _WRITE_ANEW.format(trial.exercise.id))


def _fails_in_public(judged: Judged) -> bool:
    return any(not trace.passed for trace in public_part(judged).traces.values())


def _same_traces(kept: Mapping[str, CheckTrace], found: Mapping[str, CheckTrace]) -> bool:
    return kept.keys() == found.keys() and all(agree(kept[name], found[name]) for name in kept)


def _misnamed(named: Mapping[str, str]) -> list[tuple[str, str]]:
    """The cross table off its diagonal: mistakes that are named as another, or (with "") not at all."""
    return [(wrong, name) for wrong, name in named.items() if name != wrong]


RULES: tuple[Callable[[Trial], Iterator[Finding]], ...] = (
    _stub_earns_nothing,
    _alternatives_pass,
    _no_second_thoughts,
    _mistakes_are_caught,
    _every_check_has_its_mistake,
    _trivial_answers_earn_nothing,
    _names_are_unique,
    _observed_carries_no_exercise,
    _time_is_ample,
    _diagnosis_is_right,
    _fingerprints_are_fresh,
)
