"""The program of one core of a node: a court that is held open, fed with submissions, asked for reports.

It is run by itself (`python -m d2l_kit.executors._node`), not forked from a process of Ray: what is forked from a
process with threads inherits their locks and sockets.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from d2l_kit import __version__
from d2l_kit.catalog import Chapter, Exercise, Limits
from d2l_kit.errors import KitError, MachineError
from d2l_kit.executors import _wire
from d2l_kit.grading import api, crew
from d2l_kit.grading.court import Court, RunOptions, hold

_OTHER = "{name} is {ours} there and {theirs} where grading was started."
_OTHER_REMEDY = "Install the same on every node: pip install {name}=={theirs}"
_LACKS = "{name} is not installed there."
_LACKS_REMEDY = "pip install {name}=={theirs}"
_NO_EXERCISE = "the exercise {id} is not installed there."
_OTHER_CHECKS = "the exercises' checks or solutions are others there."
_SAME_WHEELS = "Install the same d2l-kit and d2l-kit-instructor on every node."


def main() -> None:
    """Serve the driver until it hangs up."""
    crew.die_with_parent()
    with open(os.dup(0), "rb") as asked, open(os.dup(1), "wb") as answers:  # noqa: PTH123 - descriptors
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)  # whatever else is printed must not come between the answers
        order = _wire.receive(asked)
        if order is None:
            return
        try:
            _serve(*accepted(order), asked, answers)
        except KitError as error:
            _answer(answers, {"problem": error.message, "remedy": error.remedy})


def accepted(order: Mapping[str, Any]) -> tuple[list[Chapter], list[Exercise], RunOptions]:
    """What is to be graded and how, if everything a verdict depends on is the same here.

    Raises:
        MachineError: Something is not.
    """
    from d2l_kit.plugins import load_course

    _must_agree("d2l-kit", __version__, order["kit"])
    for name, theirs in order["versions"].items():
        _must_agree(name, _wire.versions().get(name, ""), theirs)
    course = load_course()
    exercises: list[Exercise] = []
    for each in order["exercises"]:
        if each["id"] not in course.by_id:
            raise MachineError(_NO_EXERCISE.format(id=each["id"]), _SAME_WHEELS)
        limits = Limits(**each["limits"])
        exercises.append(replace(course.by_id[each["id"]], points=each["points"], limits=limits))
    options = RunOptions(**order["options"])
    if api.digest_of_checks(exercises, options) != order["checks"]:
        raise MachineError(_OTHER_CHECKS, _SAME_WHEELS)
    return list(dict.fromkeys(course.chapter_of(exercise) for exercise in exercises)), exercises, options


def _must_agree(name: str, ours: str, theirs: str) -> None:
    if not ours:
        raise MachineError(_LACKS.format(name=name), _LACKS_REMEDY.format(name=name, theirs=theirs))
    if ours != theirs:
        text = _OTHER.format(name=name, ours=ours, theirs=theirs)
        raise MachineError(text, _OTHER_REMEDY.format(name=name, theirs=theirs))


def _serve(
    chapters: Sequence[Chapter],
    exercises: Sequence[Exercise],
    options: RunOptions,
    asked: BinaryIO,
    answers: BinaryIO,
) -> None:
    from d2l_kit.report import serial

    def drive(court: Court) -> None:
        _answer(answers, {"ready": True})
        while (question := _wire.receive(asked)) is not None:
            submission = _wire.to_submission(question["submission"])
            student = question["student"]

            def one(job: int, index: int) -> dict[str, Any]:
                return serial.to_dict(court.report(submission, exercises, student=student))  # noqa: B023 - called now

            def took(answer: crew.Answer) -> None:
                _answer(answers, {"result": answer.result, "problem": answer.problem})

            crew.share(1, 1, one, took, names=[submission.name])

    hold(chapters, exercises, options, drive)


def _answer(answers: BinaryIO, document: Mapping[str, Any]) -> None:
    answers.write(_wire.pack(document))
    answers.flush()


if __name__ == "__main__":
    main()
