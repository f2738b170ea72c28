"""The instructor's table: who earned what, and whom to look at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from d2l_kit.report.class_table import class_table
from d2l_kit.report.formats import Options
from d2l_kit.report.text import columns
from reports_samples import SAMPLES, all_passed, pending_gpu, samples, timeout, untouched

TABLE = """\
submission      corr2d  pool2d          total  notes
ada                 10      15          25/25
dev         3.33+6.67?          3.33+6.67?/10
eve               6.67      15       21.67/25  hang in corr2d

3 submissions, 1 with everything passed, 1 with points pending."""


def row(name: str, width: int = 200) -> str:
    full = SAMPLES[name]()
    return class_table([full], Options(width=width)).splitlines()[1]


def test_a_class_is_a_row_each_with_points_total_and_what_to_look_at() -> None:
    assert class_table([all_passed(), pending_gpu(), timeout()]) == TABLE


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("timeout", "hang in corr2d"),
        ("memory", "memory in corr2d"),
        ("malformed", "output flood in corr2d"),
        ("not_started", "6 not started"),
        ("partial", "2 not started"),
        ("broken_archive", "hw1.zip: the entry '../corr2d.py' leaves the archive"),
    ],
)
def test_what_an_instructor_should_look_at_is_noted(name: str, note: str) -> None:
    assert note in row(name)


@pytest.mark.parametrize("width", [60, 80, 120, 300])
def test_rows_are_aligned_and_fit_the_width(width: int) -> None:
    table = class_table(samples(), Options(width=width)).splitlines()
    rows = table[: len(samples()) + 1]
    assert all(columns(line) <= width for line in rows)
    header = rows[0]
    end = columns(header[: header.index("total")]) + len("total")
    assert rows[1][end - 3 : end] == "/25"


def test_exercises_that_do_not_fit_are_counted() -> None:
    full = replace(all_passed(), exercises=tuple(untouched(f"ch07/exercise{n}") for n in range(30)))
    assert "24 of 30 exercises are left out" in class_table([full], Options(width=110))


def test_names_cannot_steer_the_terminal_and_encodings_are_respected() -> None:
    assert "\x1b" not in row("unusual_text")
    assert class_table(samples(), Options(encoding="ascii")).isascii()


def test_a_class_without_submissions_says_so() -> None:
    assert class_table([]) == "No submission was graded."
