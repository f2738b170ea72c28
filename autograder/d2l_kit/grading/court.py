"""An open court: one session of checks with its workers, which turns submissions into reports.

This module imports neither torch nor pytest until a court is opened: a zygote that is forked from this process
must be forked after torch and before any check is loaded.
"""

from __future__ import annotations

import gc
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from d2l_kit import __version__
from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import GraderError, MachineError, SubmissionError, UsageError
from d2l_kit.report.model import Diagnosis, ExerciseResult, ExerciseStatus, Report, Status
from d2l_kit.submission import ClassEntry, Submission, read_submission

if TYPE_CHECKING:
    from d2l_kit.grading.diagnosis import MistakeBook
    from d2l_kit.grading.judge import Bench
    from d2l_kit.grading.launch import Workers
    from d2l_kit.grading.plugin import Session

OnResult = Callable[[ExerciseResult], None]

_OTHER_MARK = (
    "This is marked for the assignment {mark!r} and was handed in for {assignment!r}."
    " Hand in the work for {assignment!r}."
)
_UNMARKED = "No mark says which assignment this was made for; it is graded as {assignment!r}."


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
class Court:
    """One open session with its workers: turns submissions into reports."""

    chapters: Sequence[Chapter]
    session: Session
    workers: Workers
    bench: Bench
    book: MistakeBook
    options: RunOptions

    def of_job(self, job: int) -> Court:
        """The same for another process of the grader, with a connection to the zygote that no other process uses."""
        from d2l_kit.grading.diagnosis import MistakeBook

        workers = self.workers.of_job(job)
        bench = replace(self.bench, spawn=workers.spawn)
        return replace(self, workers=workers, bench=bench, book=MistakeBook(bench))

    def report_of_entry(
        self, entry: ClassEntry, exercises: Sequence[Exercise], student: str = "", assignment: str = ""
    ) -> Report:
        """The report of a class's entry; what cannot be read is reported as such and earns nothing.

        Args:
            assignment: What the submission must be marked for if it has a mark at all; "" for anything.
        """
        try:
            submission = read_submission(entry.path, self._with_required(exercises), name=entry.name)
        except SubmissionError as error:
            submission = _refused(entry, exercises, f"The submission cannot be read: {error}")
        if assignment and not submission.mark:
            submission = replace(submission, notes=(*submission.notes, _UNMARKED.format(assignment=assignment)))
        elif assignment and submission.mark != assignment:
            problem = _OTHER_MARK.format(mark=submission.mark, assignment=assignment)
            submission = replace(_refused(entry, exercises, problem), mark=submission.mark)
        return replace(self.report(submission, exercises, student=student), student=student)

    def _with_required(self, exercises: Sequence[Exercise]) -> list[Exercise]:
        """The exercises and those whose files they may import."""
        wanted = {f"{e.chapter}/{name}" for e in exercises for name in e.requires} | {e.id for e in exercises}
        return [e for chapter in self.chapters for e in chapter.exercises if e.id in wanted]

    def report(
        self,
        submission: Submission,
        exercises: Sequence[Exercise],
        on_result: OnResult | None = None,
        student: str = "",
    ) -> Report:
        """Judge every exercise of a submission; hidden inputs are drawn for the student, or for its name."""
        start = time.monotonic()
        results = []
        for exercise in exercises:
            results.append(self._result(exercise, submission, student or submission.name))
            if on_result is not None:
                on_result(results[-1])
        return Report(
            submission=submission.name,
            exercises=tuple(results),
            confinement=self.workers.confinement,
            scope="all" if self.options.hidden else "public",
            graded_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=self.options.seed,
            device="cuda" if "" in self.bench.gpu.values() else "cpu",
            versions=_versions(),
            notes=submission.notes,
            duration=time.monotonic() - start,
        )

    def _result(self, exercise: Exercise, submission: Submission, student: str) -> ExerciseResult:
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
        seeds = Seeds(hidden=self.options.seed, student=student)
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


def _refused(entry: ClassEntry, exercises: Sequence[Exercise], why: str) -> Submission:
    return Submission(entry.name, {}, {exercise.id: why for exercise in exercises}, (why,))


def hold(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    options: RunOptions,
    drive: Callable[[Court], None],
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
        device=options.device,
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
            lacking = found.lacking(exercise.runtime for exercise in exercises)
            here = [exercise for exercise in exercises if exercise.runtime not in lacking]
            on_gpu = _on_gpu(session, here, found, options) if gpu else {}
            bench = Bench(session, found.spawn, options.time_factor, lacking, on_gpu)
            # What a mistake does is known from the CPU: each would else be compiled for the GPU to be compared with.
            book = MistakeBook(replace(bench, gpu={}))
            drive(Court(chapters, session, found, bench, book, options))

        with_session(exercises, options.hidden, run)


def _on_gpu(session: Session, exercises: Sequence[Exercise], found: Workers, options: RunOptions) -> dict[str, str]:
    """The runtimes that have something to run on the GPU, with what keeps them from it."""
    from d2l_kit.grading.gpu import unusable
    from d2l_kit.grading.judge import GPU
    from d2l_kit.worker.flavours import KERNELS

    runtimes = [
        exercise.runtime
        for exercise in exercises
        if exercise.runtime in KERNELS or any(check.needs_gpu for check in session.of(exercise, options.hidden))
    ]
    why = unusable(found.spawn, runtimes, GPU)
    if options.device == "cuda" and any(why.values()):
        raise GraderError(
            f"--device cuda: {next(filter(None, why.values()))}.",
            "`d2l-kit doctor` shows the GPU; --device cpu leaves it out.",
        )
    return why


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
