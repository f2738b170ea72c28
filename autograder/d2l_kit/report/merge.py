"""What two machines have found out about the same work, as one report: verdicts of one fill the gaps of the other."""

from __future__ import annotations

from dataclasses import replace

from d2l_kit.report.model import ExerciseResult, Report, status_of

FROM_ANOTHER_RUN = "run on {device}, {when}"


def filled(report: Report, earlier: Report | None) -> Report:
    """The report, its pending checks replaced by verdicts of an earlier report on the same work.

    A report of other work (submission, checks, seed or kit differ) has nothing to say here. So the order in which a
    class is graded with and without a GPU does not matter, and no verdict that a GPU gave is lost to a run without.
    """
    if earlier is None or not report.pending or not report.made_from or earlier.made_from != report.made_from:
        return report
    # On the same device it was not run either: the verdict comes from a report before that, and says so already.
    from_there = FROM_ANOTHER_RUN.format(device=earlier.device, when=earlier.graded_at)
    notes = (from_there,) if earlier.device != report.device else ()
    before = {exercise.id: exercise for exercise in earlier.exercises}
    exercises = tuple(
        _filled(exercise, before[exercise.id], notes) if exercise.pending and exercise.id in before else exercise
        for exercise in report.exercises
    )
    return replace(report, exercises=exercises)


def _filled(exercise: ExerciseResult, before: ExerciseResult, notes: tuple[str, ...]) -> ExerciseResult:
    settled = {check.name: check for check in before.checks if not check.pending}
    checks = tuple(
        replace(settled[check.name], notes=(*settled[check.name].notes, *notes))
        if check.pending and check.name in settled
        else check
        for check in exercise.checks
    )
    if checks == exercise.checks:
        return exercise
    return replace(exercise, checks=checks, status=status_of(checks), diagnosis=exercise.diagnosis or before.diagnosis)
