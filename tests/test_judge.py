"""The judge with the real engine: one exercise, many ways to answer it, each graded as it deserves."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.errors import AuthorError, KitError
from d2l_kit.grading.plugin import with_session
from d2l_kit.report.model import Evidence, ExerciseStatus, Report, Status
from engine_course import (
    EXERCISES,
    FOLLOWS,
    STEP,
    Case,
    checks,
    exercise_of,
    judge_all,
    result,
    statuses,
    write_chapter,
)

PASSED, FAILED, RAISED, NOT_RUN = Status.PASSED, Status.FAILED, Status.RAISED, Status.NOT_RUN
SECONDS = 6.0  # of exercises that use them up; half of it is much for one honest call on a busy machine

RIGHT = "def step(n):\n    return n + 1\n"
AS_MAIN = """__name__ = "__main__"
if __name__ == "__main__":
    def step(n):
        return n + 1
"""
ONCE = "calls = 0\n\n\ndef step(n):\n    global calls\n    calls += 1\n    return n + 1 if calls == 1 else 0\n"
RANDOM = "import random\n\n\ndef step(n):\n    return n + 1 if random.random() < 0.5 else 0\n"
AT_SECOND = "import ctypes, os, sys, time\n\n\ndef step(n):\n    if n == 2:\n        {}\n    return n + 1\n"
AT_FIRST = "import time\n\n\ndef step(n):\n    if n == 1:\n        time.sleep(3600)\n    return n + 1\n"
# Leaves its mark in the process, so that only a fresh one can answer the second check.
LEAVES_A_MARK = """seen = []


def step(n):
    seen.append(n)
    while seen[:2] == [1, 2]:
        pass
    return n + 1
"""
FORGES_AN_EXCEPTION = """import d2l_kit.worker.runner as runner


def forged(*_args, **_kwargs):
    return {"lines": [[1e999, "", ""]], "bases": [], "kind": "x", "message": ""}


def step(n):
    if n == 2:
        runner.describe_exception = forged
        raise ValueError
    return n + 1
"""

CASES: dict[str, Case] = {
    "right": Case("step", RIGHT),
    "pretends to be main": Case("step", AS_MAIN),
    "once": Case("step", ONCE),
    "random": Case("step", RANDOM, student="one and the same"),
    "random again": Case("step", RANDOM, student="one and the same"),
    "exits": Case("step", AT_SECOND.format("os._exit(0)")),
    "leaves": Case("step", AT_SECOND.format("sys.exit(3)")),
    "crashes": Case("step", AT_SECOND.format("ctypes.string_at(0)")),
    "raises": Case("step", AT_SECOND.format("raise KeyError('odd')")),
    "floods": Case("step", AT_SECOND.format("\n        ".join(("while True:", "    print('x' * 100_000)")))),
    "answers an object": Case("step", AT_SECOND.format("return object()")),
    "answers a huge number": Case("step", AT_SECOND.format("return 2**70")),
    "answers much": Case("step", AT_SECOND.format("import torch; return torch.zeros(1 << 26, dtype=torch.uint8)")),
    "forges an exception": Case("step", FORGES_AN_EXCEPTION),
    "hangs": Case("step", AT_SECOND.format("time.sleep(3600)"), limits={"time": SECONDS}),
    "hangs at first": Case("step", AT_FIRST, limits={"time": SECONDS}),
    "hangs twice": Case("step", AT_FIRST.replace("n == 1", "n < 3"), limits={"time": SECONDS}),
    "hangs after another": Case("step", LEAVES_A_MARK, limits={"time": SECONDS}),
    "hangs always": Case("step", "while True:\n    pass\n", limits={"time": SECONDS}),
    "syntax": Case("step", "def step(n:\n    return n\n"),
    "import": Case("step", "import no_such_module\n\n\ndef step(n):\n    return n + 1\n"),
    "exits at import": Case("step", "import sys\n\nsys.exit(0)\n"),
    "another name": Case("step", "def stepp(n):\n    return n + 1\n"),
    "prints": Case("step", "def step(n):\n    print('at', n)\n    return n + 1\n"),
    "prints only": Case("step", "def step(n):\n    print(n + 1)\n"),
    "stub": Case("step", STEP["stub"]),
    "missing": Case("step", None),
    "unreadable": Case("step", None, problem="step.py is not UTF-8."),
    "scale right": Case("scale", "def scale(X, factor):\n    return factor * X\n"),
    "shape lost": Case("scale", "def scale(X, factor):\n    return (X * factor).sum(0)\n"),
    "total right": Case("total", "def total(n):\n    return range(n) and [0, 1, 2, 3]\n"),
    "total none": Case("total", "def total(n):\n    print(6)\n"),
    "total wrong": Case("total", "def total(n):\n    return [1, 2]\n"),
    "forbidden": Case("by_hand", "import torch\n\n\ndef by_hand(X):\n    return torch.sort(X).values\n"),
    "by hand": Case("by_hand", "def by_hand(X):\n    return X[[1, 0]]\n"),
    "no gpu": Case("on_gpu", "def on_gpu(X):\n    return X + 1\n"),
    "no gpu and wrong": Case("on_gpu", "def on_gpu(X):\n    return X\n"),
    "with companion": Case("follows", FOLLOWS["solution"], {"step": RIGHT}),
    "without companion": Case("follows", FOLLOWS["solution"]),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report | KitError]:
    """Every case, judged."""
    return judge_all(write_chapter(tmp_path_factory.mktemp("judge")), CASES)


def notes(found: Mapping[str, Report | KitError], name: str) -> list[str]:
    return [note for check in result(found, name).checks for note in check.notes]


def test_a_right_answer_passes_every_check_without_a_second_look(found) -> None:
    assert statuses(found, "right") == [PASSED] * 4
    assert result(found, "right").status is ExerciseStatus.PASSED
    assert result(found, "right").earned == 7
    assert notes(found, "right") == []
    assert [check.message for check in result(found, "right").checks] == [""] * 4


def test_an_answer_that_only_works_in_a_fresh_process_passes_and_the_report_says_so(found) -> None:
    assert statuses(found, "once") == [PASSED] * 4
    assert notes(found, "once") == ["failed after other checks, passed in a fresh process, which counts"] * 3


def test_a_random_answer_does_not_get_two_draws(found) -> None:
    assert set(statuses(found, "random")) == {PASSED, FAILED}
    assert statuses(found, "random") == statuses(found, "random again")
    assert notes(found, "random") == []


@pytest.mark.parametrize(
    ("case", "status", "fragments"),
    [
        ("exits", Status.EXITED, ("ended the whole process", "exit code 0", "os._exit")),
        ("leaves", Status.EXITED, ("exit()", "code 3", "sys.exit")),
        ("crashes", Status.EXITED, ("signal SIGSEGV",)),
        ("raises", RAISED, ("step(n: 2) raised KeyError: 'odd'", "Line 6 in step: raise KeyError('odd')")),
        ("floods", Status.OUTPUT, ("printed more than 4 MiB", "Remove the print")),
        ("answers an object", Status.MALFORMED, ("is a object, which is not plain data",)),
        ("answers a huge number", FAILED, ("It returned 1180591620717411303424",)),
        ("answers much", FAILED, ("uint8 tensor (67108864,)",)),
        ("forges an exception", Status.MALFORMED, ("unreadable exception",)),
    ],
)
def test_what_one_check_brings_down_costs_that_check_alone(found, case: str, status: Status, fragments: Any) -> None:
    assert statuses(found, case) == [PASSED, status, PASSED, PASSED]
    assert result(found, case).earned == Fraction(7 * 8, 10)
    text = checks(found, case)["step_2"].message
    assert [part for part in fragments if part not in text] == [], text


def test_a_check_that_hangs_first_leaves_the_others_their_half(found) -> None:
    assert statuses(found, "hangs at first") == [Status.TIMEOUT, PASSED, PASSED, PASSED]
    assert "did not finish within the time allowed: 6 s" in checks(found, "hangs at first")["step_1"].message


def test_a_check_that_hangs_twice_still_leaves_time_for_the_others(found) -> None:
    assert statuses(found, "hangs") == [PASSED, Status.TIMEOUT, PASSED, PASSED]
    assert notes(found, "hangs") == []


def test_checks_that_find_the_time_used_up_say_so(found) -> None:
    assert statuses(found, "hangs twice") == [Status.TIMEOUT] * 4
    texts = [check.message for check in result(found, "hangs twice").checks]
    assert "did not finish" in texts[0] and "did not finish" in texts[1]
    assert texts[2:] == ["The 6 s for this exercise were used up by the checks before."] * 2


def test_a_hang_that_another_check_caused_is_forgiven(found) -> None:
    assert statuses(found, "hangs after another") == [PASSED] * 4
    assert notes(found, "hangs after another") == [
        "ended with 'timeout' after other checks, passed in a fresh process, which counts"
    ]


def test_an_import_that_hangs_is_told_once_and_nothing_else_is_run(found) -> None:
    assert statuses(found, "hangs always") == [Status.TIMEOUT, NOT_RUN, NOT_RUN, NOT_RUN]
    assert "Importing ch31/step.py did not finish" in checks(found, "hangs always")["step_1"].message


@pytest.mark.parametrize(
    ("case", "status", "fragment"),
    [
        ("syntax", RAISED, "SyntaxError"),
        ("import", RAISED, "No module named 'no_such_module'"),
        ("exits at import", Status.EXITED, "called exit()"),
    ],
)
def test_a_failing_import_is_explained_once(found, case: str, status: Status, fragment: str) -> None:
    assert statuses(found, case) == [status, NOT_RUN, NOT_RUN, NOT_RUN]
    first, *others = result(found, case).checks
    assert first.message.startswith("Importing ch31/step.py")
    assert fragment in first.message
    assert {check.message for check in others} == {"ch31/step.py could not be imported"}
    assert result(found, case).earned == 0


def test_a_name_one_letter_off_is_named(found) -> None:
    text = checks(found, "another name")["step_1"].message
    assert "ch31/step.py defines no 'step'. You defined 'stepp': rename it." in text


def test_what_is_printed_stands_in_the_log_of_its_own_check(found) -> None:
    assert [check.log for check in result(found, "prints").checks] == [f"at {n}\n" for n in (1, 2, 3, 4)]


def test_what_stands_under_the_guard_of_main_is_neither_read_nor_run(found) -> None:
    assert statuses(found, "pretends to be main") == [RAISED] * 4
    assert "defines no 'step'" in checks(found, "pretends to be main")["step_1"].message


def test_print_instead_of_return_is_pointed_out(found) -> None:
    text = checks(found, "prints only")["step_2"].message
    assert "step returned None, and it printed: 3" in text
    assert "Did you mean `return` instead of `print`?" in text


def test_a_stub_a_missing_file_and_an_unreadable_one_are_not_run(found) -> None:
    unread = (Status.NOT_RUN, "the file could not be read")
    for case, first, rest, overall in (
        ("stub", (Status.NOT_STARTED, "This is still the stub."), (Status.NOT_STARTED, ""), "not_started"),
        ("missing", (Status.NOT_STARTED, "step.py was not handed in."), (Status.NOT_STARTED, ""), "not_started"),
        ("unreadable", (Status.MALFORMED, "step.py is not UTF-8."), unread, "failed"),
    ):
        assert [(c.status, c.message) for c in result(found, case).checks] == [first, *[rest] * 3]
        assert result(found, case).status == overall
        assert result(found, case).earned == 0


def test_a_check_that_needs_another_is_not_run_without_it(found) -> None:
    assert statuses(found, "scale right") == [PASSED] * 3
    assert statuses(found, "shape lost") == [FAILED, NOT_RUN, NOT_RUN]
    shape, values, double = result(found, "shape lost").checks
    assert "should have shape (2, 3)" in shape.message
    assert values.message == "waits for “The shape stays” to pass"
    assert double.message == "waits for “Every number is multiplied” to pass"


def test_points_are_exact_shares_by_weight(found) -> None:
    assert [check.weight for check in result(found, "right").checks] == [1, 2, 3, 4]
    assert result(found, "exits").earned == Fraction(28, 5)
    assert result(found, "no gpu").earned == 1
    assert result(found, "no gpu").points == 4


def test_a_check_for_a_gpu_is_pending_without_one(found) -> None:
    here, there = result(found, "no gpu").checks
    assert (here.status, there.status, there.pending, there.message) == (PASSED, NOT_RUN, True, "needs a GPU")
    assert result(found, "no gpu").status is ExerciseStatus.PENDING
    assert result(found, "no gpu").pending == 3
    assert result(found, "no gpu and wrong").status is ExerciseStatus.FAILED


def test_the_report_marks_observed_checks(found) -> None:
    evidence = [check.evidence for check in result(found, "right").checks]
    assert evidence == [*[Evidence.ESTABLISHED] * 3, Evidence.OBSERVED]


def test_a_forbidden_name_fails_every_check_and_is_told_once(found) -> None:
    assert statuses(found, "by hand") == [PASSED, PASSED]
    assert statuses(found, "forbidden") == [Status.FORBIDDEN] * 2
    first, second = result(found, "forbidden").checks
    assert "torch.sort (line 5)" in first.message
    assert first.location is not None and first.location.line == 5
    assert second.message == ""


def test_an_error_of_the_check_about_what_came_back_is_the_students_failure(found) -> None:
    assert statuses(found, "total right") == [PASSED]
    assert statuses(found, "total wrong") == [FAILED]
    (check,) = result(found, "total none").checks
    assert check.status is FAILED
    assert "What came back could not be examined.\nIt returned None." in check.message
    assert "TypeError" in check.detail
    assert "it printed: 6" in check.message


def test_a_file_that_an_exercise_may_import_lies_beside_it(found) -> None:
    assert statuses(found, "with companion") == [PASSED]
    assert "No module named 'step'" in checks(found, "without companion")["two_steps"].message


def test_every_report_says_what_the_workers_were_locked_into(found) -> None:
    levels = {report.confinement.level for report in found.values() if isinstance(report, Report)}
    assert len(levels) == 1 and levels <= {"process", "landlock", "namespaces", "none"}


# What is no student's doing. Each check would be charged to whoever hands in next, so it must be an error of ours.

OURS = {
    "lost_reference": (STEP["public"], "def test_x(submission, reference):\n    '''X.'''\n    reference.step(None)\n"),
    "no_such_fixture": ("def test_x(submission, secrets):\n    '''X.'''\n", ""),
    "no_such_name": ("def test_x(submission):\n    '''X.'''\n    submission.step(1)\n    no_such_name\n", ""),
    "slip_before_asking": ("def test_x(submission):\n    '''X.'''\n    submission.step(1 + None)\n", ""),
    "skips": ("def test_x(submission):\n    '''X.'''\n    submission.step(1)\n    pytest.skip('not today')\n", ""),
    "asks_for_reference": ("def test_x(submission, reference):\n    '''X.'''\n    reference.step(1)\n", ""),
    "cannot_travel": ("def test_x(submission):\n    '''X.'''\n    submission.step(object())\n", ""),
}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report | KitError]:
    """A right answer to exercises whose author has slipped."""
    exercises = {name: STEP | {"public": public, "hidden": hidden} for name, (public, hidden) in OURS.items()}
    for parts in exercises.values():
        if not parts["hidden"]:
            del parts["hidden"]
    return judge_all(write_chapter(tmp_path_factory.mktemp("ours"), exercises), {n: Case(n, RIGHT) for n in OURS})


@pytest.mark.parametrize(
    ("name", "fragments"),
    [
        ("lost_reference", ("checks/test_lost_reference.py", "'x'", "the reference failed", "TypeError")),
        ("no_such_fixture", ("checks/test_no_such_fixture.py", "'x'", "secrets")),
        ("no_such_name", ("checks/test_no_such_name.py", "NameError")),
        ("slip_before_asking", ("checks/test_slip_before_asking.py", "TypeError")),
        ("skips", ("checks/test_skips.py", "not today")),
        ("asks_for_reference", ("reference",)),
        ("cannot_travel", ("cannot travel", "plain data")),
    ],
)
def test_an_authors_slip_is_an_error_of_ours_and_no_verdict(ours, name: str, fragments: tuple[str, ...]) -> None:
    error = ours[name]
    assert isinstance(error, AuthorError), error
    assert [part for part in fragments if part not in str(error)] == [], str(error)


def test_a_check_file_without_checks_or_with_an_error_is_an_authors_error(tmp_path: Path) -> None:
    broken = {
        "empty": {**STEP, "public": "x = 1\n"},
        "wrong": {**STEP, "public": "import no_such_module\n"},
        "fine": STEP,
    }
    chapter = write_chapter(tmp_path, broken)

    def look(session) -> list[str]:
        told = []
        for exercise in chapter.exercises:
            try:
                session.of(exercise)
                told.append("")
            except AuthorError as error:
                told.append(str(error))
        return told

    empty, wrong, fine = with_session(chapter.exercises, True, look)
    assert "test_empty.py: no check was found" in empty and "test_…" in empty
    assert "test_wrong.py: the checks cannot be collected" in wrong and "no_such_module" in wrong
    assert fine == ""


def test_a_missing_check_file_is_named(tmp_path: Path) -> None:
    chapter = write_chapter(tmp_path, {"step": EXERCISES["step"]})
    exercise = exercise_of(chapter, "step")
    exercise.files.public_checks.unlink()
    with pytest.raises(AuthorError, match=r"test_step\.py: the checks are missing"):
        with_session([exercise], True, lambda session: session.of(exercise))


def test_a_solution_that_cannot_be_loaded_is_an_authors_error(tmp_path: Path) -> None:
    chapter = write_chapter(tmp_path, {"step": {**STEP, "solution": "def step(n:\n"}})
    error = judge_all(chapter, {"right": Case("step", RIGHT)})["right"]
    assert isinstance(error, AuthorError)
    assert "step.py: the solution cannot be loaded: SyntaxError" in str(error)
