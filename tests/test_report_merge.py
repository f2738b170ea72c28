"""Verdicts of a machine with a GPU and of one without, put together."""

from __future__ import annotations

from dataclasses import replace

from d2l_kit.report.merge import filled
from d2l_kit.report.model import (
    CheckResult,
    Confinement,
    Diagnosis,
    ExerciseResult,
    ExerciseStatus,
    Report,
    Status,
    Visibility,
    status_of,
)

WORK = {"submission": "a", "checks": "b", "seed": "c", "kit": "1"}


def check(name: str, status: Status, pending: bool = False) -> CheckResult:
    return CheckResult(name, f"The check {name}", Visibility.HIDDEN, status, pending=pending)


def report(device: str, *checks: CheckResult, exercise: str = "ch13/one") -> Report:
    found = ExerciseResult(exercise, "One", 10, status_of(checks), checks)
    return Report(
        "anna", (found,), Confinement("none"), device=device, graded_at=f"on the day of {device}", made_from=WORK
    )


ON_CPU = report("cpu", check("values", Status.PASSED), check("fast", Status.NOT_RUN, pending=True))
ON_GPU = report("cuda", check("values", Status.PASSED), check("fast", Status.PASSED))
FAILED_ON_GPU = report("cuda", check("values", Status.PASSED), check("fast", Status.FAILED))


def test_a_run_without_a_gpu_keeps_what_a_gpu_found() -> None:
    merged = filled(ON_CPU, ON_GPU)
    assert (merged.earned, merged.pending, merged.exercises[0].status) == (10, 0, ExerciseStatus.PASSED)
    assert merged.exercises[0].checks[1].notes == ("run on cuda, on the day of cuda",)
    assert merged.device == "cpu"


def test_what_failed_there_fails_here() -> None:
    told = Diagnosis("reference", "slow", "It is slow.")
    earlier = replace(FAILED_ON_GPU, exercises=(replace(FAILED_ON_GPU.exercises[0], diagnosis=told),))
    merged = filled(ON_CPU, earlier)
    assert (merged.earned, merged.pending, merged.exercises[0].status) == (5, 0, ExerciseStatus.FAILED)
    assert merged.exercises[0].diagnosis == told


def test_only_gaps_are_filled() -> None:
    now = report("cpu", check("values", Status.FAILED), check("fast", Status.NOT_RUN, pending=True))
    merged = filled(now, ON_GPU)
    assert [c.status for c in merged.exercises[0].checks] == [Status.FAILED, Status.PASSED]
    assert filled(ON_GPU, ON_CPU) == ON_GPU


def test_the_place_of_a_verdict_is_said_once_however_often_it_is_handed_on() -> None:
    again = filled(ON_CPU, filled(ON_CPU, ON_GPU))
    assert again.exercises[0].checks[1].notes == ("run on cuda, on the day of cuda",)


def test_other_work_fills_nothing() -> None:
    for part in WORK:
        assert filled(ON_CPU, replace(ON_GPU, made_from=WORK | {part: "other"})) == ON_CPU
    assert filled(replace(ON_CPU, made_from={}), replace(ON_GPU, made_from={})).pending == 5
    assert filled(ON_CPU, None) == ON_CPU


def test_exercises_and_checks_that_the_other_run_did_not_know_stay_pending() -> None:
    assert filled(ON_CPU, report("cuda", check("fast", Status.PASSED), exercise="ch13/two")) == ON_CPU
    assert filled(ON_CPU, report("cuda", check("values", Status.PASSED))) == ON_CPU
    assert filled(ON_CPU, ON_CPU) == ON_CPU
