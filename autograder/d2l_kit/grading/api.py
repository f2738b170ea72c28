"""The three things the grader does for its callers: check one's own work, watch it, grade a class.

This module imports neither torch nor pytest, see `grading.court`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2l_kit import __version__
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import MachineError
from d2l_kit.grading.court import Court, OnResult, RunOptions, hold
from d2l_kit.plugins import announcer
from d2l_kit.report.merge import filled
from d2l_kit.report.model import Report
from d2l_kit.submission import ClassEntry, Submission, digest_of

if TYPE_CHECKING:
    from d2l_kit.grading.crew import Answer
    from d2l_kit.grading.store import Keeper

SEED_FILE = "seed.txt"


@dataclass(frozen=True)
class Case:
    """One submission that is to be graded.

    Attributes:
        student: Whose hidden inputs are drawn, and whose name stands in the report; "" if nobody knows.
        made_from: Digests of what a verdict depends on: submission, checks, seed, kit.
    """

    entry: ClassEntry
    student: str = ""
    made_from: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of all that and of the names: a report that has the same still holds."""
        return _digest(self.entry.name, self.student, *(f"{k}={v}" for k, v in sorted(self.made_from.items())))


@dataclass(frozen=True)
class ClassWork:
    """What an executor is given: everything that turns each of the cases into a report.

    Attributes:
        assignment: Its name, "" for a class graded without one.
        demand_mark: Whether a submission that is marked for another assignment is refused.
    """

    chapters: Sequence[Chapter]
    exercises: Sequence[Exercise]
    options: RunOptions
    cases: Sequence[Case]
    assignment: str = ""
    demand_mark: bool = True

    def report(self, court: Court, case: Case) -> Report:
        """One case's report, by a court that is open."""
        mark = self.assignment if self.demand_mark else ""
        report = court.report_of_entry(case.entry, self.exercises, case.student, mark)
        return replace(report, assignment=self.assignment, digest=case.digest, made_from=case.made_from)


Executor = Callable[[ClassWork, "Callable[[Answer], None]"], None]


@dataclass(frozen=True)
class GradeOutcome:
    """A class, graded.

    Attributes:
        reports: What stands for each submission, in the class's order; none where grading failed and always had.
        kept: Names of those whose earlier report still holds.
        problems: A line for each failure of ours; such a submission has no new report.
    """

    reports: tuple[Report, ...]
    kept: tuple[str, ...]
    problems: tuple[str, ...]


def check(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    submission: Submission,
    options: RunOptions,
    on_result: OnResult | None = None,
) -> Report:
    """Run the public checks (all, with `options.hidden`) of one submission; `on_result` hears of each exercise."""
    reports: list[Report] = []

    def drive(court: Court) -> None:
        reports.append(court.report(submission, exercises, on_result))

    hold(chapters, exercises, options, drive)
    announcer()(reports[0])
    return reports[0]


def watch(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    read: Callable[[], Submission],
    options: RunOptions,
    changed: Iterable[frozenset[str]],
    on_report: Callable[[Report], None],
) -> None:
    """As `check`, then once more for each set of exercise ids that `changed` yields, with everything kept warm."""
    from d2l_kit.grading import launch

    def drive(court: Court) -> None:
        with launch.Spare(court.bench.spawn) as spare:
            warm = replace(court, bench=replace(court.bench, spawn=spare.spawn))
            on_report(warm.report(read(), exercises))
            spare.prepare()
            for ids in changed:
                on_report(warm.report(read(), [e for e in exercises if e.id in ids]))
                spare.prepare()

    hold(chapters, exercises, options, drive)


def grade(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    entries: Sequence[ClassEntry],
    options: RunOptions,
    *,
    keeper: Keeper,
    students: Mapping[str, str] | None = None,
    assignment: str = "",
    demand_mark: bool = True,
    executor: Executor | None = None,
    on_report: Callable[[Report], None] = lambda report: None,
) -> GradeOutcome:
    """Grade a class: one report a submission, handed to `keeper` as soon as it is there.

    Run again, it grades what is new or has changed (submission, checks, seed, kit) and keeps the rest; where exercises
    are worth other points now, what is kept is scaled.

    Args:
        options: With a seed: `kept_seed` makes one for a class.
        students: Whose submission each is, by submission name; the name itself where it is not in here.
        assignment: Its name; submissions marked for another are refused unless `demand_mark` is off.
        executor: Where the work is done; on this machine by default.

    Raises:
        MachineError: What the keeper writes to is full or not writable.
    """
    from d2l_kit.grading import launch

    options = replace(
        options, level=options.level or launch.LEVEL_FOR_A_CLASS, jobs=options.jobs or os.cpu_count() or 1
    )
    shared = {
        "checks": digest_of_checks(exercises, options),
        "seed": _digest(options.seed),
        "kit": __version__,
        "assignment": assignment if demand_mark else "",
    }
    kept: list[str] = []
    cases: list[Case] = []
    for entry in entries:
        content = digest_of(entry.path)
        case = Case(entry, (students or {}).get(entry.name, ""), shared | {"submission": content})
        earlier = None if options.force else keeper.known(entry.name, case.digest)
        # Points that wait for a GPU are worth another try wherever there may be one.
        if earlier is not None and not (earlier.pending and options.device != "cpu"):
            kept.append(entry.name)
        else:
            cases.append(case)
    problems: list[str] = []
    announce = announcer()

    def took(answer: Answer) -> None:
        if answer.problem:
            problems.append(answer.problem)
            keeper.fail(cases[answer.index].entry.name, answer.problem)
        elif answer.result is not None:
            from d2l_kit.report import serial

            report = serial.from_dict(answer.result)
            if report.pending:
                report = filled(report, keeper.standing(report.submission))
            keeper.keep(report)
            announce(report)
            on_report(report)

    if cases:
        work = ClassWork(chapters, exercises, options, cases, assignment, demand_mark)
        (executor or on_this_machine)(work, took)
    # Where a failure of ours came in between, an earlier report stands as it is.
    standing = (keeper.standing(entry.name) for entry in entries)
    worth = {exercise.id: exercise.points for exercise in exercises}
    reports = tuple(report.worth(worth) for report in standing if report is not None)
    return GradeOutcome(reports, tuple(kept), tuple(dict.fromkeys(problems)))


def on_this_machine(work: ClassWork, took: Callable[[Answer], None]) -> None:
    """The executor of one machine: as many processes of the grader as `options.jobs`, forked from one court."""
    from d2l_kit.grading import crew
    from d2l_kit.report import serial

    jobs = max(1, min(work.options.jobs, len(work.cases)))

    def drive(court: Court) -> None:
        courts = [court.of_job(job) for job in range(jobs)]

        def one(job: int, index: int) -> dict[str, Any]:
            return serial.to_dict(work.report(courts[job], work.cases[index]))

        crew.share(len(work.cases), jobs, one, took, names=[case.entry.name for case in work.cases])

    hold(work.chapters, work.exercises, replace(work.options, jobs=jobs), drive)


def kept_seed(out: Path) -> str:
    """The class's secret seed: made once, kept beside the reports, so that a regrade draws the same inputs."""
    path = out / SEED_FILE
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        # An empty file is what a full disk leaves: taken for a seed, it would be one that everybody knows.
        if path.exists() and (kept := path.read_text(encoding="utf-8").strip()):
            return kept
        seed = secrets.token_hex(16)
        part = path.with_suffix(".part")
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
            file.write(seed + "\n")
        part.replace(path)
        return seed
    except OSError as error:
        raise MachineError(f"{path}: {error.strerror}.", "Choose another --out, or make room.") from error


def digest_of_checks(exercises: Sequence[Exercise], options: RunOptions) -> str:
    """One number for all that verdicts rest on besides the submission. Points are not among it: they only scale."""
    parts: list[bytes] = [
        # Not the device: where it is less than a check needs, points are pending and are asked for again.
        str((options.hidden, options.time_factor)).encode(),
    ]
    for exercise in exercises:
        files = exercise.files
        parts.append(repr((exercise.id, exercise.limits, exercise.forbidden, exercise.requires)).encode())
        parts_of_it = [files.stub, files.public_checks, files.solution, files.hidden_checks, files.mistakes]
        if files.mistakes is not None:
            parts_of_it += sorted(files.mistakes.parent.glob(f"mistakes/{exercise.name}__*.py"))
        for path in parts_of_it:
            parts.append(path.read_bytes() if path is not None and path.exists() else b"-")
    return _digest(*parts)


def _digest(*parts: str | bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()
