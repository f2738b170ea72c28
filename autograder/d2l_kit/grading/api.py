"""The three things the grader does for its callers: check one's own work, watch it, grade a class.

This module imports neither torch nor pytest until one of them is called: a zygote that is forked from this process
must be forked after torch and before any check is loaded.
"""

from __future__ import annotations

import gc
import hashlib
import os
import platform
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2l_kit import __version__
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import MachineError, SubmissionError, UsageError
from d2l_kit.plugins import announce
from d2l_kit.report.model import Diagnosis, ExerciseResult, ExerciseStatus, Report, Status
from d2l_kit.submission import ClassEntry, Submission, read_submission

if TYPE_CHECKING:
    from d2l_kit.grading.diagnosis import MistakeBook
    from d2l_kit.grading.judge import Bench
    from d2l_kit.grading.launch import Workers
    from d2l_kit.grading.plugin import Session

SEED_FILE = "seed.txt"
OnResult = Callable[[ExerciseResult], None]


@dataclass(frozen=True)
class RunOptions:
    """How to run.

    Attributes:
        level: The confinement demanded; "" for the best there is.
        allow_weaker: Whether to go on with less than demanded.
        device: "auto", "cpu" or "cuda".
        jobs: Submissions graded side by side; 0 for one per core.
        seed: What hidden checks' inputs are drawn from; "" for the one kept in the output folder.
        start: "auto", "fork", "fresh" or "spawn": how workers come to be.
        time_factor: Multiplies every exercise's time limit, for slow machines.
        hidden: Whether hidden checks are run (`grade`).
        force: Whether to grade again what is graded already.
    """

    level: str = ""
    allow_weaker: bool = False
    device: str = "cpu"
    jobs: int = 1
    seed: str = ""
    start: str = "auto"
    time_factor: float = 1.0
    hidden: bool = False
    force: bool = False


@dataclass(frozen=True)
class GradeOutcome:
    """A class, graded.

    Attributes:
        reports: One for each submission that could be graded, in the class's order.
        kept: Names of those whose earlier report still holds.
        problems: A line for each failure of ours; such a submission has no report.
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

    def drive(court: _Court) -> None:
        reports.append(court.report(submission, exercises, on_result))

    _hold(chapters, exercises, options, drive)
    announce(reports[0])
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

    def drive(court: _Court) -> None:
        with launch.Spare(court.bench.spawn) as spare:
            warm = replace(court, bench=replace(court.bench, spawn=spare.spawn))
            on_report(warm.report(read(), exercises))
            spare.prepare()
            for ids in changed:
                on_report(warm.report(read(), [e for e in exercises if e.id in ids]))
                spare.prepare()

    _hold(chapters, exercises, options, drive)


def grade(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    entries: Sequence[ClassEntry],
    options: RunOptions,
    *,
    out: Path,
    on_report: Callable[[Report], None] = lambda report: None,
) -> GradeOutcome:
    """Grade a class: one report a submission, written to `out/reports` as soon as it is there.

    Run again, it grades what is new or has changed (submission, checks, seed, kit) and keeps the rest.

    Raises:
        MachineError: `out` cannot be written.
    """
    from d2l_kit.grading import crew, launch, store
    from d2l_kit.report import serial

    options = replace(
        options,
        level=options.level or launch.LEVEL_FOR_A_CLASS,
        seed=options.seed or _kept_seed(out),
        jobs=options.jobs or os.cpu_count() or 1,
    )
    folder = store.ReportFolder(out / "reports")
    checks_digest = _digest_of_checks(exercises, options)
    kept: dict[str, Report] = {}
    waiting: list[tuple[ClassEntry, str]] = []
    for entry in entries:
        digest = _digest(checks_digest, store.digest_of(entry.path), options.seed, entry.name)
        earlier = None if options.force else folder.read(entry.name)
        # Points that wait for a GPU are worth another try wherever there may be one.
        if earlier is not None and earlier.digest == digest and not (earlier.pending and options.device != "cpu"):
            kept[entry.name] = earlier
        else:
            waiting.append((entry, digest))
    graded: dict[str, Report] = {}
    problems: list[str] = []

    def took(answer: crew.Answer) -> None:
        if answer.problem:
            problems.append(answer.problem)
        elif answer.result is not None:
            report = serial.from_dict(answer.result)
            folder.write(report)
            announce(report)
            graded[report.submission] = report
            on_report(report)

    if waiting:
        jobs = max(1, min(options.jobs, len(waiting)))

        def drive(court: _Court) -> None:
            courts = [court.of_job(job) for job in range(jobs)]

            def work(job: int, index: int) -> dict[str, Any]:
                entry, digest = waiting[index]
                report = courts[job].report_of_entry(entry, exercises)
                return serial.to_dict(replace(report, digest=digest))

            crew.share(len(waiting), jobs, work, took, names=[entry.name for entry, _ in waiting])

        _hold(chapters, exercises, replace(options, jobs=jobs), drive)
    # Where a failure of ours came in between, an earlier report stands as it is.
    standing = {entry.name: folder.read(entry.name) for entry, _ in waiting if entry.name not in graded}
    found = kept | graded | {name: report for name, report in standing.items() if report is not None}
    ordered = tuple(found[entry.name] for entry in entries if entry.name in found)
    return GradeOutcome(ordered, tuple(kept), tuple(dict.fromkeys(problems)))


@dataclass(frozen=True)
class _Court:
    """One open session with its workers: turns submissions into reports."""

    chapters: Sequence[Chapter]
    session: Session
    workers: Workers
    bench: Bench
    book: MistakeBook
    options: RunOptions

    def of_job(self, job: int) -> _Court:
        """The same for another process of the grader, with a connection to the zygote that no other process uses."""
        from d2l_kit.grading.diagnosis import MistakeBook

        workers = self.workers.of_job(job)
        bench = replace(self.bench, spawn=workers.spawn)
        return replace(self, workers=workers, bench=bench, book=MistakeBook(bench))

    def report_of_entry(self, entry: ClassEntry, exercises: Sequence[Exercise]) -> Report:
        """The report of a class's entry; what cannot be read is reported as such and earns nothing."""
        try:
            submission = read_submission(entry.path, self._with_required(exercises), name=entry.name)
        except SubmissionError as error:
            note = f"The submission cannot be read: {error}"
            problems = {exercise.id: note for exercise in exercises}
            submission = Submission(entry.name, {}, problems, (note,))
        return self.report(submission, exercises)

    def _with_required(self, exercises: Sequence[Exercise]) -> list[Exercise]:
        """The exercises and those whose files they may import."""
        wanted = {f"{e.chapter}/{name}" for e in exercises for name in e.requires} | {e.id for e in exercises}
        return [e for chapter in self.chapters for e in chapter.exercises if e.id in wanted]

    def report(
        self, submission: Submission, exercises: Sequence[Exercise], on_result: OnResult | None = None
    ) -> Report:
        """Judge every exercise of a submission."""
        start = time.monotonic()
        results = []
        for exercise in exercises:
            results.append(self._result(exercise, submission))
            if on_result is not None:
                on_result(results[-1])
        return Report(
            submission=submission.name,
            exercises=tuple(results),
            confinement=self.workers.confinement,
            scope="all" if self.options.hidden else "public",
            graded_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=self.options.seed,
            device="cuda" if self.bench.gpu else "cpu",
            versions=_versions(),
            notes=submission.notes,
            duration=time.monotonic() - start,
        )

    def _result(self, exercise: Exercise, submission: Submission) -> ExerciseResult:
        from d2l_kit.grading import diagnosis, rules
        from d2l_kit.grading.judge import Seeds, judge, unjudged

        checks = self.session.of(exercise, self.options.hidden)
        if exercise.id in submission.problems:
            return unjudged(exercise, checks, Status.MALFORMED, submission.problems[exercise.id])
        source = submission.sources.get(exercise.id)
        if source is None:
            return unjudged(exercise, checks, Status.NOT_STARTED, f"{exercise.name}.py was not handed in.")
        if rules.is_untouched(source.text, exercise.files.stub.read_text(encoding="utf-8")):
            return unjudged(exercise, checks, Status.NOT_STARTED, "This is still the stub.", source.file)
        seeds = Seeds(hidden=self.options.seed, student=submission.name)
        companions = {
            name: submission.sources[f"{exercise.chapter}/{name}"].text
            for name in exercise.requires
            if f"{exercise.chapter}/{name}" in submission.sources
        }
        judged = judge(exercise, checks, source, self.bench, seeds, companions)
        if judged.result.status is not ExerciseStatus.FAILED:
            return judged.result
        named: Diagnosis | None
        if self.options.hidden:
            named = self.book.diagnose(exercise, checks, judged, seeds)
        else:
            chapter = next(c for c in self.chapters if c.name == exercise.chapter)
            named = diagnosis.diagnose_by_fingerprint(chapter, exercise, judged)
        seen, notes = diagnosis.mechanical(exercise, source, judged)
        return replace(judged.result, diagnosis=named or seen, notes=(*judged.result.notes, *notes))


def _hold(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    options: RunOptions,
    drive: Callable[[_Court], None],
) -> None:
    """Open session and workers, let `drive` use them, and close both whatever happens."""
    from d2l_kit.grading import launch

    if not exercises:
        raise UsageError("There is no exercise to check.", "`d2l-kit list` shows what there is.")
    start = options.start
    if start == "auto":
        # What a fork inherits it can read: only where no hidden check will be loaded is a fork of this process right.
        start = launch.default_start() if not options.hidden or launch.default_start() == "spawn" else "fresh"
    launch.prepare_process()
    if start == "fork":
        _import_torch()
    with launch.workers(
        exercises,
        level=options.level,
        allow_weaker=options.allow_weaker,
        start=start,
        connections=options.jobs,
        meanwhile=_import_judge,
    ) as found:
        from d2l_kit.grading.diagnosis import MistakeBook
        from d2l_kit.grading.judge import Bench
        from d2l_kit.grading.plugin import with_session

        gpu = launch.has_gpu(options.device)  # after the fork: a zygote must never have talked to the driver

        def run(session: Session) -> None:
            for exercise in exercises:
                session.of(exercise, options.hidden)  # a broken check file is said before any work is done
            bench = Bench(session, found.spawn, options.time_factor, gpu)
            drive(_Court(chapters, session, found, bench, MistakeBook(bench), options))

        with_session(exercises, options.hidden, run)


def _import_torch() -> None:
    gc.disable()  # see `worker.zygote`: importing is faster so, and a fork copies less
    try:
        import torch  # noqa: F401 - warmed up here, used by the fork
    except ImportError as error:
        raise MachineError(f"torch cannot be imported: {error}.", "pip install torch") from error
    finally:
        gc.freeze()
        gc.enable()


def _import_judge() -> None:
    _import_torch()
    import d2l_kit.grading.judge  # noqa: F401 - pytest and the assertions, while the zygote warms up


def _versions() -> dict[str, str]:
    import numpy
    import torch

    return {
        "d2l-kit": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": str(numpy.__version__),
    }


def _kept_seed(out: Path) -> str:
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


def _digest_of_checks(exercises: Sequence[Exercise], options: RunOptions) -> str:
    parts: list[bytes] = [
        __version__.encode(),
        str((options.hidden, options.device, options.time_factor)).encode(),
    ]
    for exercise in exercises:
        files = exercise.files
        parts.append(
            repr((exercise.id, exercise.points, exercise.limits, exercise.forbidden, exercise.requires)).encode()
        )
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
