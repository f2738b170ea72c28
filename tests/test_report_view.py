"""The student's view leaves out what hidden checks hold, by its type and in every format."""

from __future__ import annotations

import dataclasses
import typing
from fractions import Fraction

import pytest
from d2l_kit.report import json_, junit, terminal
from d2l_kit.report.formats import Options
from d2l_kit.report.model import (
    CheckResult,
    Confinement,
    ExerciseResult,
    Location,
    Report,
    Status,
    Visibility,
)
from d2l_kit.report.view import (
    StudentCheck,
    StudentExercise,
    StudentReport,
    student_exercise,
    student_view,
)
from reports_samples import SAMPLES, SECRET, hidden, hidden_failures, partial, report, samples

# Every field of the report is decided about here: a new one fails the test until somebody does so.
LEFT_OUT = {
    Report: {"seed", "digest", "made_from"},
    ExerciseResult: {"time_limit"},
    CheckResult: {"detail", "weight"},  # the weight becomes `points`
}
VIEW_OF = {Report: StudentReport, ExerciseResult: StudentExercise, CheckResult: StudentCheck}


def types_within(kind: type, found: set[type]) -> set[type]:
    """All types that the fields of a dataclass can hold, followed to the end."""
    for hint in typing.get_type_hints(kind).values():
        for part in [hint, *typing.get_args(hint)]:
            if isinstance(part, type) and part not in found:
                found.add(part)
                if dataclasses.is_dataclass(part):
                    types_within(part, found)
    return found


def names(kind: type) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


@pytest.mark.parametrize("kind", VIEW_OF)
def test_every_field_of_the_report_is_either_shown_or_left_out(kind: type) -> None:
    assert names(kind) - names(VIEW_OF[kind]) == LEFT_OUT[kind]


def test_no_type_that_holds_hidden_things_can_be_reached_from_a_student_report() -> None:
    reachable = types_within(StudentReport, set())
    assert StudentCheck in reachable
    assert not reachable & {Report, ExerciseResult, CheckResult, Confinement}
    fields = {name for kind in reachable if dataclasses.is_dataclass(kind) for name in names(kind)}
    assert not fields & {"detail", "seed", "digest", "made_from", "mechanisms", "missing"}


@pytest.mark.parametrize(
    "told",
    [{"message": "x"}, {"log": "x"}, {"notes": ("x",)}, {"name": "x"}, {"duration": 0.1}],
)
def test_a_hidden_check_cannot_be_built_with_anything_to_tell(told: dict[str, typing.Any]) -> None:
    with pytest.raises(ValueError, match="must not tell"):
        StudentCheck("Title", Visibility.HIDDEN, Status.FAILED, Fraction(1), **told)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_student_facing_format_holds_what_the_grader_knows(name: str) -> None:
    view = student_view(SAMPLES[name]())
    outputs = [
        terminal.render(view, Options(verbose=True)),
        terminal.render(view),
        junit.render(view),
        junit.render_class([view]),
        json_.render(view),
        repr(view),
    ]
    for output in outputs:
        assert SECRET.lower() not in output.lower()


def test_a_hidden_check_keeps_title_status_and_its_share_of_the_points() -> None:
    check = student_view(hidden_failures()).exercises[0].checks[3]
    assert check.title == "The gradient of the output flows back to the kernel."
    assert (check.status, check.points) == (Status.FAILED, Fraction(10, 8))


def test_a_hidden_checks_place_stays_only_if_it_is_in_the_students_own_file() -> None:
    checks = student_view(hidden_failures()).exercises[0].checks
    assert checks[3].location is None
    assert checks[4].location == Location("ch07/corr2d.py", 9)
    assert (
        student_exercise(
            ExerciseResult("ch07/corr2d", "", 1, status=hidden_failures().exercises[0].status, checks=(hidden("x"),))
        )
        .checks[0]
        .location
        is None
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_points_are_the_same_in_the_view_as_in_the_report(name: str) -> None:
    full = SAMPLES[name]()
    view = student_view(full)
    assert (view.earned, view.pending, view.points) == (full.earned, full.pending, full.points)
    for ours, theirs in zip(full.exercises, view.exercises, strict=True):
        assert (ours.earned, ours.pending) == (theirs.earned, theirs.pending)


def test_public_checks_keep_message_place_and_output() -> None:
    check = student_view(partial()).exercises[0].checks[1]
    original = partial().exercises[0].checks[1]
    assert (check.message, check.location, check.log) == (original.message, original.location, original.log)


def test_the_diagnosis_can_be_withheld() -> None:
    assert student_view(partial()).exercises[0].diagnosis
    assert student_view(partial(), show_diagnosis=False).exercises[0].diagnosis is None


def test_a_report_without_exercises_has_passed_nothing() -> None:
    assert not report("empty").passed
    assert [full.submission for full in samples() if full.passed] == ["ada"]
