"""Lateness is worked out from the rules of now: grace, started periods, cap, hard end, extensions, unknown times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from d2l_kit.assign.model import Extension, LatePolicy, Per
from d2l_kit.gradebook.lateness import duration_text, moment_text, penalty
from gradebook_fakes import DUE, assignment, hand_in, new, only, put, report

TEN = LatePolicy(grace=timedelta(minutes=10), percent=Fraction(10), at_most=Fraction(50))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("late", "percent"),
    [
        (-MINUTE, 0),
        (timedelta(), 0),
        (10 * MINUTE, 0),
        (10 * MINUTE + timedelta(seconds=1), 10),
        (DAY, 10),
        (DAY + timedelta(seconds=1), 20),
        (30 * DAY, 50),
    ],
)
def test_each_started_day_beyond_the_grace_costs_up_to_the_cap(late: timedelta, percent: int) -> None:
    assert penalty(assignment(late=TEN), hand_in(late=late)).percent == percent


def test_a_started_hour_counts_where_hours_are_counted() -> None:
    policy = LatePolicy(percent=Fraction(5, 2), per=Per.HOUR)
    found = penalty(assignment(late=policy), hand_in(late=HOUR + MINUTE))
    assert found.percent == 5
    assert "2 started hours × 2.5 %" in found.note


def test_from_the_hard_end_on_nothing_is_earned() -> None:
    rules = assignment(late=LatePolicy(percent=Fraction(10), until=DUE + 2 * DAY))
    assert not penalty(rules, hand_in(late=2 * DAY - MINUTE)).closed
    found = penalty(rules, hand_in(late=2 * DAY))
    assert found.closed
    assert found.percent == 100


def test_an_extension_that_is_given_later_counts_and_moves_the_hard_end(tmp_path: Path) -> None:
    rules = assignment(late=LatePolicy(percent=Fraction(10), until=DUE + DAY))
    extended = assignment(late=rules.late, extensions=(Extension("ada", DUE + 3 * DAY, "ill"),))
    with new(tmp_path) as store:
        put(store, report(), hand_in(late=2 * DAY))
        assert only(store, rules).score == 0
        assert only(store, extended).score == 20
    assert penalty(extended, hand_in("bob", late=2 * DAY)).closed
    assert penalty(extended, hand_in(late=4 * DAY)).closed


def test_a_day_of_25_hours_is_shown_in_local_time_and_counted_in_hours_that_passed() -> None:
    due = datetime(2026, 10, 24, 21, 59, tzinfo=UTC)  # 23:59 in summer time; the clocks go back that night
    late = datetime(2026, 10, 25, 22, 59, tzinfo=UTC)  # 23:59 in winter time, 25 hours later
    found = penalty(assignment(due=due, late=LatePolicy(percent=Fraction(10))), hand_in(late=late - DUE))
    assert found.late == 25 * HOUR
    assert found.percent == 20
    assert moment_text(due, "Europe/Berlin") == "2026-10-24 23:59 +02:00"
    assert moment_text(late, "Europe/Berlin") == "2026-10-25 23:59 +01:00"


def test_where_no_time_is_known_nothing_is_taken_off_and_that_is_said() -> None:
    found = penalty(assignment(late=TEN), hand_in(late=None))
    assert (found.late, found.percent) == (None, 0)
    assert "no time of hand-in is known" in found.note
    marked = penalty(assignment(late=TEN), hand_in(late=None, marked_late=True))
    assert (marked.late, marked.percent) == (None, 0)
    assert "marked late" in marked.note


def test_marked_late_but_in_time_here_is_said() -> None:
    assert "in time here" in penalty(assignment(late=TEN), hand_in(marked_late=True)).note


def test_without_a_due_date_nothing_is_late() -> None:
    assert penalty(assignment(due=None), hand_in(late=99 * DAY)).note == ""
    assert penalty(None, hand_in(late=99 * DAY)).percent == 0


def test_the_penalty_is_taken_of_the_points_as_adjusted(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        put(store, report(), hand_in(late=HOUR))
        store.adjust("hw2", "ada", "", Fraction(-10), "copied", "me")
        standing = only(store, assignment(late=TEN))
    assert (standing.adjusted, standing.taken_off, standing.score) == (10, 1, 9)


def test_durations_are_told_by_their_two_largest_units() -> None:
    assert duration_text(2 * DAY + 3 * HOUR + MINUTE) == "2 days 3 hours"
    assert duration_text(timedelta(seconds=1)) == "1 second"
