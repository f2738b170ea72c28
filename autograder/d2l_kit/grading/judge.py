"""The judge of one exercise of one submission: runs its checks, gives doubtful verdicts a fresh worker.

The checks run one after the other in one worker. A check that fails where others ran before it is run once more in
a fresh worker with the same inputs and seeds, and that verdict stands. A worker that crashed, hung or ran out of
memory is never used again. Wall time is the exercise's, and each check may use up half of it, so that one that hangs
leaves the others their chance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pytest

from d2l_kit.catalog import Exercise
from d2l_kit.errors import AuthorError, GraderError, KitError
from d2l_kit.forbidden import all_spoken, spoken
from d2l_kit.grading import rules
from d2l_kit.grading.asserts import CheckFailed
from d2l_kit.grading.evidence import LocalModule, NoAnswer, Payload, Subject
from d2l_kit.grading.messages import Explanation, Setting, explain, no_answer, parameters_of
from d2l_kit.grading.mistakes import required_solutions
from d2l_kit.grading.plugin import Check, Session, Surroundings
from d2l_kit.grading.probes import Probe
from d2l_kit.grading.rng import Rng, seed_of
from d2l_kit.grading.traces import CheckTrace, features
from d2l_kit.report.model import (
    CheckResult,
    Evidence,
    ExerciseResult,
    ExerciseStatus,
    Status,
    Visibility,
    status_of,
)
from d2l_kit.submission import Source
from d2l_kit.worker import flavours
from d2l_kit.worker.handle import Bounds, Worker, ZygoteFailed
from d2l_kit.worker.protocol import Answer

CHECK_SHARE = 0.5  # of the exercise's time, for one check
LOG_CHARACTERS = 2000
CPU, GPU = "cpu", "cuda"
ON_GPU = "On the GPU:"
ON_GPU_NOTE = "What is established on the CPU was tried on the GPU as well."
GPU_TIME_FACTOR = 4.0  # there each kernel is compiled first, for each way it is launched
GPU_MEMORY_MIB = 6144  # of this machine's memory: CUDA's own libraries and context, and the compiler
_Skipped = pytest.skip.Exception
_NEEDS = "waits for “{title}” to pass"
_DOUBTFUL = frozenset(
    {
        Status.FAILED,
        Status.RAISED,
        Status.TIMEOUT,
        Status.MEMORY,
        Status.OUTPUT,
        Status.EXITED,
        Status.MALFORMED,
    }
)


@dataclass(frozen=True)
class Seeds:
    """What inputs are drawn from: public checks' from the course alone, hidden ones' from assignment and student."""

    public: str = "d2l-kit"
    hidden: str = ""
    student: str = ""

    def of(self, check: Check) -> int:
        """The check's seed."""
        if check.visibility is Visibility.PUBLIC:
            return seed_of("public", self.public, check.exercise, check.name)
        return seed_of("hidden", self.hidden, self.student, check.exercise, check.name)


@dataclass(frozen=True)
class Bench:
    """What judging needs besides the submission."""

    session: Session
    spawn: Callable[[Bounds], Worker]
    time_factor: float = 1.0
    lacking: Mapping[str, str] = field(default_factory=dict)  # runtimes that cannot be had here, with the reason
    gpu: Mapping[str, str] = field(default_factory=dict)  # runtimes that a GPU could run, and why it does not: "": does


@dataclass(frozen=True)
class Judged:
    """The result of an exercise, and the behaviour that led to it (for the diagnosis)."""

    result: ExerciseResult
    traces: Mapping[str, CheckTrace]


def judge(
    exercise: Exercise,
    checks: Sequence[Check],
    source: Source,
    bench: Bench,
    seeds: Seeds,
    companions: Mapping[str, str] | None = None,
    stop_at_failure: bool = False,
    second_look: bool = True,
) -> Judged:
    """Run the checks of an exercise on one source.

    Args:
        exercise: The exercise.
        checks: Its checks, public ones first.
        source: The student's text.
        bench: Session and workers.
        seeds: Of the inputs.
        companions: Other files of the submission that the exercise may import.
        stop_at_failure: Leave out the checks after the first that fails; one that waits for a GPU does not.
        second_look: Give doubtful verdicts a fresh worker; without, for sources that are wrong on purpose.

    Raises:
        AuthorError: A check or the solution is at fault.
        GraderError: The machine or the kit is.
    """
    start = time.monotonic()
    if reason := bench.lacking.get(exercise.runtime, ""):
        return Judged(_pending(exercise, checks, reason, source.file), {})
    source = replace(source, text=rules.without_main(source.text))
    solution = exercise.files.solution
    reference = None
    if solution and exercise.runtime == "torch" and _wants_reference(checks):
        reference = LocalModule(solution, exercise.name, required_solutions(exercise))
    bout = _Bout(exercise, source, bench, seeds, reference, companions or {}, second_look)
    on_gpu = None
    if bench.gpu.get(exercise.runtime) == "" and (_twice(exercise) or any(check.needs_gpu for check in checks)):
        on_gpu = _Bout(exercise, source, bench, seeds, reference, companions or {}, second_look, GPU)
    results: list[CheckResult] = []
    try:
        blocked = _forbidden(exercise, source)
        for check in checks:
            results.append(_verdict(check, results, blocked, bout, on_gpu))
            if stop_at_failure and results[-1].status not in (Status.PASSED, Status.NOT_RUN):
                break
    finally:
        bout.end()
        if on_gpu is not None:
            on_gpu.end()
    status = status_of(results)
    notes = dict(bout.notes)
    if on_gpu is not None:
        notes |= {**on_gpu.notes, **({ON_GPU_NOTE: None} if _twice(exercise) else {})}
        bout.traces.update(on_gpu.traces)
    result = ExerciseResult(
        id=exercise.id,
        title=exercise.title,
        points=exercise.points,
        status=status,
        checks=tuple(results),
        notes=(*source.notes, *notes),
        duration=time.monotonic() - start,
        time_limit=exercise.limits.time,
        file=source.file,
    )
    return Judged(result, bout.traces)


def unjudged(
    exercise: Exercise, checks: Sequence[Check], status: Status, message: str, file: str = ""
) -> ExerciseResult:
    """The result of an exercise none of whose checks was run, for one reason that stands with the first."""
    first = Explanation(status, message)
    rest = (
        Explanation(Status.NOT_RUN, "the file could not be read") if status is Status.MALFORMED else Explanation(status)
    )
    results = tuple(_result(check, rest if i else first) for i, check in enumerate(checks))
    overall = ExerciseStatus.NOT_STARTED if status is Status.NOT_STARTED else ExerciseStatus.FAILED
    return ExerciseResult(
        exercise.id,
        exercise.title,
        exercise.points,
        overall,
        results,
        time_limit=exercise.limits.time,
        file=file,
    )


def _pending(exercise: Exercise, checks: Sequence[Check], reason: str, file: str) -> ExerciseResult:
    """Nothing can be said of it on this machine, for or against: its points wait for another one."""
    result = unjudged(exercise, checks, Status.NOT_RUN, reason, file)
    waiting = tuple(replace(check, message=reason, pending=True) for check in result.checks)
    return replace(result, status=ExerciseStatus.PENDING, checks=waiting)


def _twice(exercise: Exercise) -> bool:
    """Whether what is established of it on the CPU has to hold on a GPU, too."""
    return exercise.runtime in flavours.KERNELS


def _verdict(
    check: Check, before: Sequence[CheckResult], blocked: Explanation | None, bout: _Bout, on_gpu: _Bout | None
) -> CheckResult:
    """One check's result, on the CPU; where there is a GPU, what passes here has to pass there as well.

    Not a check that rests on what was observed: nothing is, on a GPU.
    """
    if check.needs_gpu:
        return (on_gpu or bout).verdict(check, before, blocked)
    here = bout.verdict(check, before, blocked)
    if on_gpu is None or not _twice(bout.exercise):
        return here
    if here.status is not Status.PASSED or check.evidence is not Evidence.ESTABLISHED:
        return here
    there = on_gpu.verdict(check, before, blocked)
    if there.status is Status.PASSED:
        on_gpu.traces.pop(check.name, None)
        return replace(here, duration=here.duration + there.duration)
    return replace(there, message=f"{ON_GPU}\n{there.message}" if there.message else ON_GPU)


@dataclass
class _Bout:
    """State of one exercise's judging on one device: the workers in use, by flavour, and the time left."""

    exercise: Exercise
    source: Source
    bench: Bench
    seeds: Seeds
    reference: LocalModule | None
    companions: Mapping[str, str]
    second_look: bool
    device: str = CPU
    workers: dict[str, Worker] = field(default_factory=dict)
    yardsticks: list[Worker] = field(default_factory=list)
    used: float = 0.0
    loading: Explanation | None = None
    traces: dict[str, CheckTrace] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)  # in their order, each once
    kept: dict[str, Any] = field(default_factory=dict)  # what its workers made, for the next of them

    @property
    def limit(self) -> float:
        factor = GPU_TIME_FACTOR if self._on_gpu else 1.0
        return self.exercise.limits.time * self.bench.time_factor * factor

    @property
    def flavour(self) -> str:
        """Of the worker that holds the submission."""
        return flavours.of_runtime(self.exercise.runtime, self._on_gpu)

    @property
    def _on_gpu(self) -> bool:
        return self.device != CPU

    def verdict(self, check: Check, before: Sequence[CheckResult], blocked: Explanation | None) -> CheckResult:
        """One check's result."""
        if blocked is not None:
            return _result(check, blocked if not before else Explanation(blocked.status))
        broken = [c for c in before if c.name in check.needs and c.status is not Status.PASSED]
        if broken:
            return _result(check, Explanation(Status.NOT_RUN, _NEEDS.format(title=broken[0].title.removesuffix("."))))
        if check.needs_gpu and not self._on_gpu:
            why = self.bench.gpu.get(self.exercise.runtime, "")
            text = f"needs a GPU: {why}" if why else "needs a GPU"
            return replace(_result(check, Explanation(Status.NOT_RUN, text)), pending=True)
        if self.used >= self.limit:
            text = f"The {self.limit:g} s for this exercise were used up by the checks before."
            return _result(check, Explanation(Status.TIMEOUT, text))
        if self.loading is not None:
            return _result(check, Explanation(Status.NOT_RUN, f"{self.source.file} could not be imported"))
        return self._run(check)

    def end(self) -> None:
        """End every worker of this exercise."""
        self._retire()
        for worker in self.yardsticks:
            worker.close()
        self.yardsticks.clear()

    def _run(self, check: Check) -> CheckResult:
        worker = self.workers.get(self.flavour)
        used_before = worker is not None and worker.alive and worker.requests > 0
        first = self._attempt(check, min(self.limit - self.used, self.limit * CHECK_SHARE))
        doubtful = self.second_look and used_before and first.status in _DOUBTFUL
        if not (doubtful and self.used < self.limit):
            return first
        self._retire()
        # Half of what is left, so that a check which hangs both times leaves the others some.
        second = self._attempt(check, (self.limit - self.used) * CHECK_SHARE)
        if second.status is first.status:
            return second
        note = f"{_past(first.status)} after other checks, {_past(second.status)} in a fresh process, which counts"
        return replace(second, notes=(*second.notes, note))

    def _attempt(self, check: Check, allowance: float) -> CheckResult:
        start = time.monotonic()
        begun = self.used
        self.workers = {flavour: worker for flavour, worker in self.workers.items() if worker.alive}
        submission = self._subject(check, self.flavour, begun + allowance)
        submission.pristine = lambda: self._pristine(submission.seed)
        # One log for both, since what a check asked last is what its failure is about.
        compiler = replace(self._subject(check, flavours.PLAIN, begun + allowance), log=submission.log)
        answer = self._loaded(self.flavour, allowance)
        if answer is not None:
            self.loading = no_answer(answer, self._setting(check))
            return replace(_result(check, self.loading), log=answer.printed[:LOG_CHARACTERS])
        reference = None if self.reference is None else Subject("reference", self.reference.ask, submission.seed)
        ended = self.bench.session.run(check, Surroundings(submission, reference, Rng(submission.seed), compiler))
        self.notes.update(dict.fromkeys([*self.bench.session.notes, *submission.notes]))
        _raise_ours(ended, check, submission)
        explanation = explain(ended, submission, self._setting(check))
        answers = [made.answer for made in submission.log]
        measure = ended.measure if isinstance(ended, CheckFailed) else 0.0
        self.traces[check.name] = CheckTrace(ended is None, features(answers) if ended else (), measure)
        log = "".join(answer.printed for answer in answers)[:LOG_CHARACTERS]
        return replace(_result(check, explanation), duration=time.monotonic() - start, log=log)

    @cached_property
    def _parameters(self) -> Mapping[str, Sequence[str]]:
        """Of the stub's functions, read once for all checks."""
        return parameters_of(self.exercise.files.stub.read_text(encoding="utf-8"))

    def _setting(self, check: Check) -> Setting:
        return Setting(self.source, self.limit, self._parameters, check.visibility is Visibility.PUBLIC)

    def _subject(self, check: Check, flavour: str, until: float) -> Subject:
        """The submission in a worker of a flavour, to be asked until so much time is used."""
        return Subject(
            "submission", lambda p, a, s: self._ask(flavour, p, a, s, until), self.seeds.of(check), kept=self.kept,
            device=self.device, observed=check.evidence is Evidence.OBSERVED,
        )  # fmt: skip

    def _loaded(self, flavour: str, allowance: float) -> Answer | None:
        """Make sure there is a worker with the submission loaded; an answer if it could not be."""
        if flavour in self.workers and self.workers[flavour].alive:
            return None
        worker = self.workers[flavour] = self._spawn(flavour)
        seed = seed_of("load", self.exercise.id)
        answer = worker.load(self.exercise.name, self.source.text, self.source.file, seed, allowance, self.companions)
        self.used += answer.seconds
        return None if answer.outcome == "returned" else answer

    def _ask(self, flavour: str, probe: Probe, payload: Payload, seed: int, until: float) -> Answer:
        left = until - self.used
        if left <= 0:
            self._retire()
            return Answer("timeout")
        # It may have made way for a yardstick, or was not needed so far.
        if flavour not in self.workers and (failed := self._loaded(flavour, left)) is not None:
            return failed
        worker = self.workers.get(flavour)
        if worker is None or not worker.alive:
            return Answer("died", text="it ended in the call before")
        answer = worker.run(probe.source, probe.name, payload, seed, left)
        self.used += answer.seconds
        return answer

    def _pristine(self, seed: int) -> Subject:
        self._retire()  # its processes could slow the yardstick down, and look faster for it
        worker = self._spawn(self.flavour)
        self.yardsticks.append(worker)
        worker.load("yardstick", "", "yardstick.py", 0, self.limit, {})
        return Subject("yardstick", lambda p, a, s: worker.run(p.source, p.name, a, s, self.limit), seed)

    def _spawn(self, flavour: str) -> Worker:
        limits = self.exercise.limits
        memory = limits.memory_mib + (GPU_MEMORY_MIB if self._on_gpu else 0)
        bounds = Bounds(
            self.limit, memory, limits.processes, limits.output_kib, limits.scratch_mib, limits.result_mib,
            loopback=self.exercise.runtime == "distributed", gpu=self._on_gpu, flavour=flavour,
        )  # fmt: skip
        try:
            return self.bench.spawn(bounds)
        except (ZygoteFailed, OSError) as error:
            raise GraderError(
                f"{self.exercise.id}: no worker could be started: {error}.",
                "`d2l-kit doctor` looks for the reason.",
            ) from error

    def _retire(self) -> None:
        for worker in self.workers.values():
            worker.close()
        self.workers.clear()


def _raise_ours(ended: BaseException | None, check: Check, submission: Subject) -> None:
    """Let what is not the student's doing out: our errors, the reference's failures, interruption."""
    if isinstance(ended, KitError | KeyboardInterrupt | ZygoteFailed):
        raise ended
    if isinstance(ended, NoAnswer) and ended.subject.role != "submission":
        answer = ended.call.answer
        said = f"{answer.raised.kind}: {answer.raised.message}" if answer.raised else f"{answer.outcome} {answer.text}"
        raise AuthorError(f"{check.path}: check {check.name!r}: the {ended.subject.role} failed: {said}.")
    if isinstance(ended, OSError | MemoryError):
        raise GraderError(f"{check.path}: check {check.name!r} could not be run: {ended}.") from ended
    if isinstance(ended, NameError | ImportError | SyntaxError):
        raise AuthorError(f"{check.path}: check {check.name!r}: {type(ended).__name__}: {ended}.") from ended
    if ended is not None and (isinstance(ended, _Skipped) or not (submission.log or isinstance(ended, AssertionError))):
        # Nothing was asked yet: a fixture that is not there, a slip in the check itself.
        raise AuthorError(f"{check.path}: check {check.name!r}: {type(ended).__name__}: {ended}.") from ended


def _forbidden(exercise: Exercise, source: Source) -> Explanation | None:
    uses = rules.forbidden_uses(source.text, exercise.forbidden) if exercise.forbidden else []
    if not uses:
        return None
    listed = ", ".join(f"{spoken(use.name)} (line {use.line})" for use in uses[:5])
    text = (
        f"This exercise is to be solved without {listed}.\nNot allowed in this file: {all_spoken(exercise.forbidden)}."
    )
    return Explanation(Status.FORBIDDEN, text, location=source.locate(uses[0].line) if uses[0].line > 0 else None)


def _wants_reference(checks: Sequence[Check]) -> bool:
    return any(check.visibility is Visibility.HIDDEN for check in checks)


def _result(check: Check, explanation: Explanation) -> CheckResult:
    return CheckResult(
        name=check.name,
        title=check.title,
        visibility=check.visibility,
        status=explanation.status,
        weight=check.weight,
        evidence=check.evidence,
        message=explanation.message,
        detail=explanation.detail,
        location=explanation.location,
    )


def _past(status: Status) -> str:
    return {Status.PASSED: "passed", Status.FAILED: "failed"}.get(status, f"ended with {status.value!r}")
