"""`author verify`: proves for every exercise that its checks are sharp and fair. Each rule is one small function.

A rule yields findings, each naming the file, the rule and the remedy; all findings are shown at once. What the rules
look at is a `Trial`: the same checks run on the stub, the solution, every alternative, every misconception and a few
trivial answers, on several seeds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from d2l_kit.author import run, trivial
from d2l_kit.catalog import HINTS_MIN, Chapter, Exercise
from d2l_kit.errors import AuthorError
from d2l_kit.grading.diagnosis import MistakeBook, diagnose_by_fingerprint, read_fingerprints
from d2l_kit.grading.judge import Bench, Judged, Seeds, judge
from d2l_kit.grading.mistakes import Mistake, read_mistakes
from d2l_kit.grading.plugin import Check
from d2l_kit.report.model import Evidence, ExerciseStatus, Status, Visibility
from d2l_kit.submission import Source

TIME_SHARE = 0.2  # of the limit, for the solution
OBSERVED_SHARE = Fraction(1, 2)
NAMED_BY_FINGERPRINT = 0.8


@dataclass(frozen=True)
class Finding:
    """Something to mend."""

    file: Path
    rule: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.rule}: {self.message}\n  {self.remedy}"


@dataclass
class Trial:
    """Everything that was run for one exercise."""

    exercise: Exercise
    chapter: Chapter
    checks: Sequence[Check]
    mistakes: Sequence[Mistake] = ()
    stub: list[Judged] = field(default_factory=list)
    solution: list[Judged] = field(default_factory=list)
    alternatives: dict[Path, list[Judged]] = field(default_factory=dict)
    wrong: dict[str, list[Judged]] = field(default_factory=dict)
    trivial: dict[str, list[Judged]] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)  # mistake -> what the diagnosis with the reference named
    printed: dict[str, str] = field(default_factory=dict)  # mistake -> what its fingerprint named

    @property
    def time_share(self) -> float:
        """The solution's worst time as a share of the limit."""
        return max((sum(c.duration for c in j.result.checks) for j in self.solution), default=0.0) / self.exercise.limits.time


@dataclass(frozen=True)
class Row:
    """An exercise in the table.

    Attributes:
        solution: Percent of the points, the worst seed's; likewise `stub`, `alternatives`, `trivial` (the best).
        caught: Mistake → the first check that rejected it on the first seed, "" if none did.
        named: Mistake → whether the diagnosis with the reference named it.
        printed: Mistake → whether its fingerprint named it.
    """

    exercise: str
    checks: tuple[int, int]
    stub: float
    solution: float
    alternatives: tuple[float, ...]
    trivial: float
    caught: dict[str, str]
    named: dict[str, bool]
    printed: dict[str, bool]
    time_share: float
    seeds: int


@dataclass(frozen=True)
class Verification:
    """What `author verify` found."""

    rows: tuple[Row, ...]
    findings: tuple[str, ...]


def hold_trial(chapter: Chapter, exercise: Exercise, bench: Bench, seeds: Sequence[str]) -> Trial:
    """Run the checks of one exercise on everything there is, on every seed.

    Raises:
        AuthorError: A file is missing or broken such that nothing can be run.
    """
    checks = bench.session.of(exercise)
    trial = Trial(exercise, chapter, checks, read_mistakes(exercise))
    stub = exercise.files.stub.read_text(encoding="utf-8")
    if exercise.files.solution is None:
        raise AuthorError(f"{exercise.id}: there is no solution.", f"Write {exercise.name}.py in the reference room.")
    solution = exercise.files.solution.read_text(encoding="utf-8")
    for seed in seeds:
        on = _Run(exercise, checks, bench, Seeds(public=_public_seed(seed, seeds), hidden=seed, student="verify"))
        trial.stub.append(on(stub))
        trial.solution.append(on(solution))
        for path in exercise.files.alternatives:
            trial.alternatives.setdefault(path, []).append(on(path.read_text(encoding="utf-8")))
        for mistake in trial.mistakes:
            trial.wrong.setdefault(mistake.name, []).append(on(mistake.source))
        for name, source in trivial.answers(stub, solution):
            trial.trivial.setdefault(name, []).append(on(source))
    book = MistakeBook(bench)
    for mistake in trial.mistakes:
        judged = trial.wrong[mistake.name][0]
        seeds_of_first = Seeds(hidden=seeds[0], student="verify")
        found = book.diagnose(exercise, checks, judged, seeds_of_first)
        trial.named[mistake.name] = found.name if found else ""
        by_print = diagnose_by_fingerprint(chapter, exercise, _public_part(judged))
        trial.printed[mistake.name] = by_print.name if by_print else ""
    return trial


def verify(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    seeds: int = 2,
    jobs: int = 0,
    progress: Callable[[str], None] = lambda name: None,
) -> Verification:
    """Hold a trial of every exercise and apply every rule.

    Args:
        chapters: Those the exercises belong to; a chapter of which all exercises are given is looked at as a whole.
        exercises: What to verify.
        seeds: How many seeds; the first is the course's own.
        jobs: Processes; 0 for one per core.
        progress: Told of each exercise that is done.
    """
    names = [f"verify-{number}" for number in range(seeds)]

    def work(bench: Bench, index: int) -> dict[str, Any]:
        exercise = exercises[index]
        chapter = next(c for c in chapters if c.name == exercise.chapter)
        trial = hold_trial(chapter, exercise, bench, names)
        return {"findings": [str(finding) for finding in findings(trial)], "row": _row(trial)}

    results = run.hold(exercises, [e.id for e in exercises], work, jobs, progress)
    whole = [c for c in chapters if set(c.exercises) <= set(exercises)]
    found = [str(finding) for chapter in whole for finding in chapter_findings(chapter)]
    found += [text for value in results.values if value for text in value["findings"]]
    rows = tuple(Row(**value["row"]) for value in results.values if value)
    return Verification(rows, tuple(found + list(results.problems)))


def findings(trial: Trial) -> list[Finding]:
    """What every rule finds, in the rules' order."""
    return [finding for rule in RULES for finding in rule(trial)]


def chapter_findings(chapter: Chapter) -> list[Finding]:
    """Rules on a chapter as a whole."""
    covered = {number for exercise in chapter.exercises for number in exercise.sections}
    path = chapter.root / "chapter.toml"
    found = [
        Finding(path, "sections covered", f"no exercise practises section {s.number}.", "Add one, or drop the section.")
        for s in chapter.sections
        if s.number not in covered
    ]
    if not chapter.page.exists():
        found.append(Finding(chapter.page, "chapter page", "it is missing.", "Write what is practised, in which order."))
    for name in read_fingerprints(chapter.fingerprints):
        if name not in {exercise.name for exercise in chapter.exercises}:
            found.append(
                Finding(chapter.fingerprints, "fingerprints", f"{name!r} is no exercise.", "d2l-kit author fingerprint")
            )
    return found


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
        "named": {wrong: name == wrong for wrong, name in trial.named.items()},
        "printed": {wrong: name == wrong for wrong, name in trial.printed.items()},
        "time_share": trial.time_share,
        "seeds": len(trial.solution),
    }


@dataclass(frozen=True)
class _Run:
    exercise: Exercise
    checks: Sequence[Check]
    bench: Bench
    seeds: Seeds

    def __call__(self, source: str) -> Judged:
        return judge(self.exercise, self.checks, Source(source, f"{self.exercise.name}.py"), self.bench, self.seeds)


def _public_seed(seed: str, seeds: Sequence[str]) -> str:
    """The course's own for the first seed (fingerprints depend on it), others to see that nothing hangs on it."""
    return Seeds().public if seed == seeds[0] else seed


def _public_part(judged: Judged) -> Judged:
    public = tuple(c for c in judged.result.checks if c.visibility is Visibility.PUBLIC)
    failed = any(c.status is not Status.PASSED for c in public)
    status = ExerciseStatus.FAILED if failed else ExerciseStatus.PASSED
    names = {c.name for c in public}
    traces = {name: trace for name, trace in judged.traces.items() if name in names}
    return Judged(replace(judged.result, checks=public, status=status), traces)


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


def _solution_passes(trial: Trial) -> Iterator[Finding]:
    yield from _all_pass("solution scores 100 %", trial.exercise.files.solution, trial.solution)
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
                path or Path(), rule, f"seed {number + 1}: {first.name}: {said}{detail}", "Mend the check, or the file."
            )
            return


def _no_second_thoughts(trial: Trial) -> Iterator[Finding]:
    for judged in trial.solution:
        for c in judged.result.checks:
            for note in c.notes:
                yield Finding(
                    trial.exercise.files.public_checks,
                    "no flake",
                    f"{c.name} on the solution: {note}",
                    "A check must not depend on those before it.",
                )
                return


def _mistakes_are_caught(trial: Trial) -> Iterator[Finding]:
    path = trial.exercise.files.mistakes or trial.exercise.files.stub
    names = {check.name for check in trial.checks}
    for mistake in trial.mistakes:
        for unknown in sorted(set(mistake.caught_by) - names):
            yield Finding(path, "caught_by", f"{mistake.name}: there is no check {unknown!r}.", "Correct the name.")
        for number, judged in enumerate(trial.wrong[mistake.name]):
            let_by = [
                c.name for c in judged.result.checks if c.name in mistake.caught_by and c.status in (Status.PASSED, Status.NOT_RUN)
            ]
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
        if c.status not in (Status.PASSED, Status.NOT_RUN)
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
                    passed[0].name and _path_of(trial, passed[0].name),
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
                    check.path, "needs", f"{check.name} needs {needed!r}, which does not come before it.", "Correct it."
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


def _signatures_agree(trial: Trial) -> Iterator[Finding]:
    stub, solution = trial.exercise.files.stub, trial.exercise.files.solution
    if solution is None:
        return
    ours, theirs = _signatures(stub), _signatures(solution)
    for name, signature in ours.items():
        if theirs.get(name) != signature:
            yield Finding(
                solution,
                "signatures agree",
                f"{name}: the stub has ({signature}), the solution ({theirs.get(name, 'nothing')}).",
                "Make them the same, annotations included.",
            )


def _signatures(path: Path) -> dict[str, str]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = _signature(node)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = "class"
            found |= {
                f"{node.name}.{m.name}": _signature(m)
                for m in node.body
                if isinstance(m, ast.FunctionDef) and (m.name == "__init__" or not m.name.startswith("_"))
            }
    return found


def _signature(node: ast.FunctionDef) -> str:
    return ast.unparse(node.args) + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def _stub_teaches(trial: Trial) -> Iterator[Finding]:
    path = trial.exercise.files.stub
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node) or ""
            if len(text) < 80:
                yield Finding(path, "stubs teach", f"{node.name} has no docstring worth the name.", "Teach in a few sentences.")
    if "xample" not in path.read_text(encoding="utf-8") and ">>>" not in path.read_text(encoding="utf-8"):
        yield Finding(path, "stubs teach", "there is no worked example.", "Add one tiny example with its result.")


def _hints(trial: Trial) -> Iterator[Finding]:
    if len(trial.exercise.hints) < HINTS_MIN:
        yield Finding(
            trial.chapter.root / "chapter.toml",
            "hints",
            f"{trial.exercise.name} has {len(trial.exercise.hints)} hints.",
            f"Write at least {HINTS_MIN}, from a nudge to nearly the answer.",
        )


def _time_is_ample(trial: Trial) -> Iterator[Finding]:
    if trial.time_share > TIME_SHARE:
        yield Finding(
            trial.chapter.root / "chapter.toml",
            "time limit",
            f"{trial.exercise.name}: the solution takes {trial.time_share:.0%} of the limit.",
            "Allow at least five times what the solution takes.",
        )


def _public_checks_stand_alone(trial: Trial) -> Iterator[Finding]:
    path = trial.exercise.files.public_checks
    if re.search(r"\breference\b", path.read_text(encoding="utf-8")):
        yield Finding(path, "public checks stand alone", "it mentions `reference`.", "Compare with torch or worked values.")


def _diagnosis_is_right(trial: Trial) -> Iterator[Finding]:
    path = trial.exercise.files.mistakes or trial.exercise.files.stub
    for wrong, named in _misnamed(trial.named):
        yield Finding(path, "diagnosis", f"{wrong} is named {named or 'nothing'}.", "Let some check tell it apart.")
    for wrong, named in _misnamed(trial.printed):
        if named:
            yield Finding(
                trial.chapter.fingerprints, "fingerprints", f"{wrong} is named {named}.", "d2l-kit author fingerprint"
            )


def _misnamed(named: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(wrong, name) for wrong, name in named.items() if name != wrong]


RULES: tuple[Callable[[Trial], Iterator[Finding]], ...] = (
    _stub_earns_nothing,
    _solution_passes,
    _no_second_thoughts,
    _mistakes_are_caught,
    _every_check_has_its_mistake,
    _trivial_answers_earn_nothing,
    _names_are_unique,
    _observed_carries_no_exercise,
    _signatures_agree,
    _stub_teaches,
    _hints,
    _time_is_ample,
    _public_checks_stand_alone,
    _diagnosis_is_right,
)
