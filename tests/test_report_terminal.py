"""What students read: one thing to do next, nothing that deceives, and always which checks were run."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from d2l_kit.report.formats import Options
from d2l_kit.report.model import Confinement, Location, Report, Status
from d2l_kit.report.terminal import MESSAGE_LINES, render, render_exercise, render_summary
from d2l_kit.report.text import columns
from d2l_kit.report.view import student_view
from hypothesis import given
from hypothesis import strategies as st
from reports_samples import (
    GRADIENT,
    SAMPLES,
    SHAPE,
    TORCH,
    WORKED,
    broken_archive,
    corr2d,
    hidden_failures,
    malformed,
    memory,
    not_started,
    partial,
    pending_gpu,
    public,
    report,
    timeout,
    unusual_text,
)

PARTIAL = """\
✗ ch07/corr2d                  failed      2 of 10 points
  ✗ The worked example of section 7.2 comes out
      corr2d(X, K) with X: float32 of shape (3, 3), K: float32 of shape (2, 2)
      should be   tensor([[19., 25.], [37., 43.]])
      but it is   tensor([[ 5., 11.], [23., 29.]])
      at ch07/corr2d.py:12
      It printed:
      │ shape is (2, 2)
    What is wrong: The kernel is turned upside down. A cross-correlation slides
    the kernel as it is.
    Next: d2l-kit hint corr2d
  ✗ The result agrees with torch on random input (ch07/corr2d.py:12): corr2d(...
  - A batch gives a batch: not run
  note: corr2d is defined twice (lines 3 and 12); the last one counts
✓ ch07/pool2d                  passed      15 of 15 points
Not started: ch07/lenet, ch07/conv1x1
note: mean ran on the small offline data

Your code ran confined at level landlock, network closed, on cpu.
17 of 55 points so far. 3 of 6 public checks passed. Hidden checks run when your work is graded.
"""


def shown(full: Report, **options: object) -> str:
    return render(student_view(full), Options(**options))


def lines_with(text: str, part: str) -> list[str]:
    return [line for line in text.splitlines() if part in line]


def test_a_report_reads_from_the_first_failure_to_what_to_do_next() -> None:
    assert shown(partial()) == PARTIAL


def test_the_whole_is_the_join_of_its_exercises_and_the_summary() -> None:
    view = student_view(partial())
    blocks = [text for text in map(render_exercise, view.exercises) if text]
    assert render(view) == "\n".join([*blocks, render_summary(view)]) + "\n"


def test_passing_all_public_checks_says_that_hidden_ones_are_still_to_run() -> None:
    text = shown(report("ada", corr2d(SHAPE, WORKED, TORCH), scope="public"))
    last = text.splitlines()[-1]
    assert "3 of 3 public checks passed. Hidden checks run when your work is graded." in last
    assert "10 of 10 points so far" in last


@pytest.mark.parametrize("name", SAMPLES)
def test_the_last_line_has_the_points_whatever_happened(name: str) -> None:
    full = SAMPLES[name]()
    last = shown(full).splitlines()[-1]
    assert re.match(r"[0-9.]+ of [0-9]+ points", last)
    assert shown(full, quiet=True) == last + "\n"
    assert ("Hidden checks run" in last) == (full.scope == "public")


def test_the_first_failure_that_can_speak_is_told_in_full() -> None:
    said = replace(WORKED, status=Status.FAILED, message="first line\nsecond line")
    text = shown(report("ada", corr2d(replace(GRADIENT, status=Status.FAILED), said)))
    assert "      second line" in text
    assert "  ✗ The gradient of the output flows back to the kernel (hidden check): " in text


def test_verbose_tells_all_failures_in_full_and_names_what_passed() -> None:
    text = shown(partial(), verbose=True)
    assert "      corr2d(X, K) differs from torch in 4 of 4 entries" in text
    assert "  ✓ Takes the mean" in text
    assert text.count("What is wrong:") == 1


def test_two_equal_failures_are_both_told() -> None:
    twin = replace(TORCH, status=Status.FAILED, message="differs")
    text = shown(report("ada", corr2d(twin, twin)))
    assert len(lines_with(text, "agrees with torch")) == 2


def test_a_hidden_failure_tells_its_title_and_how_it_ended() -> None:
    text = shown(hidden_failures(), width=120)
    assert "Works for float64 (hidden check) (ch07/corr2d.py:9): your code raised an exception" in text
    assert "Works on large images (hidden check): your code did not end in time" in text


def test_pending_points_are_said_beside_the_earned_ones() -> None:
    text = shown(pending_gpu())
    assert "3.33 of 10 points (6.67 pending)" in text
    assert "  ◌ Runs on the GPU: needs a GPU" in text
    assert "hint" not in text


def test_a_progress_bar_is_told_by_its_last_states() -> None:
    assert "      │ step 3\n" in shown(timeout())


def test_long_output_is_told_by_its_end() -> None:
    check = public("x", "T.", Status.FAILED, message="m", log="\n".join(map(str, range(20))))
    text = shown(report("ada", corr2d(check)))
    assert "[... 15 lines before]" in text
    assert "│ 19" in text
    assert "│ 14" not in text


def test_a_note_of_a_passed_check_is_shown() -> None:
    assert "note: failed after other checks, passed in a fresh worker" in shown(memory())


def test_exercises_not_started_take_a_line_together() -> None:
    text = shown(not_started())
    assert "Not started: ch07/conv_as_linear, ch07/corr2d" in text
    assert "hint" not in text
    many = report("ada", *(replace(not_started().exercises[0], id=f"ch07/e{n}") for n in range(40)))
    assert "ch07/e11 and 28 more" in shown(many)


def test_a_submission_that_could_not_be_read_says_why() -> None:
    text = shown(broken_archive(), width=120)
    assert "note: hw1.zip: the entry '../corr2d.py' leaves the archive" in text
    assert text.endswith("0 of 25 points. No check was run.\n")
    assert "confined" not in text


def test_code_that_ran_unconfined_is_said_to_have() -> None:
    full = replace(partial(), confinement=Confinement("none"))
    assert "Your code ran unconfined, on cpu." in shown(full)


def test_a_place_in_a_notebook_names_cell_and_line() -> None:
    check = public("x", "T.", Status.FAILED, message="m", location=Location("hw1.ipynb", 3, cell=7))
    assert "      at hw1.ipynb, cell 7, line 3\n" in shown(report("ada", corr2d(check)))


def test_colours_are_used_only_where_wanted() -> None:
    assert "\x1b" not in shown(malformed())
    text = shown(partial(), color=True)
    assert "\x1b[1;33mWhat is wrong:\x1b[0m" in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == PARTIAL


def test_marks_become_ascii_where_the_stream_cannot_show_them() -> None:
    text = shown(partial(), encoding="ascii")
    assert text.isascii()
    assert text.startswith("x ch07/corr2d")
    assert shown(unusual_text(), encoding="ascii").isascii()
    shown(unusual_text(), encoding="cp1252").encode("cp1252")


def test_nothing_a_student_writes_reaches_the_terminal_as_a_control() -> None:
    text = shown(unusual_text(), verbose=True)
    assert "\\x1b[2JAll passed" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


@given(st.text(st.characters(exclude_categories=())), st.integers(1, 200), st.booleans())
def test_no_text_breaks_the_rendering(text: str, width: int, verbose: bool) -> None:
    check = public("x", text, Status.FAILED, message=text, log=text, notes=(text,))
    full = report(text, corr2d(check, check, notes=(text,)), notes=(text,))
    shown(full, width=width, verbose=verbose).encode("utf-8")


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_short_lines_fit_the_width(width: int) -> None:
    for line in shown(hidden_failures(), width=width).splitlines()[3:-2]:
        assert columns(line) <= width


def test_a_huge_message_is_cut() -> None:
    long = public("x", "T.", Status.FAILED, message="x" * 10_000_000, log="\x00" * 10_000_000)
    assert len(shown(report("ada", corr2d(long)))) < 20_000
    tall = public("x", "T.", Status.FAILED, message="\n".join(map(str, range(1000))))
    assert f"[... {1000 - MESSAGE_LINES} more lines]" in shown(report("ada", corr2d(tall)))
