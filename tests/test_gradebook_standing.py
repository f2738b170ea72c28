"""Where a student stands: which attempt counts, what people gave, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from d2l_kit.assign.model import Attempts, LatePolicy
from d2l_kit.gradebook.model import State, Student
from d2l_kit.gradebook.store import Gradebook
from gradebook_fakes import assignment, book, hand_in, new, only, put, report

DAY = timedelta(days=1)
TEN = LatePolicy(percent=Fraction(10))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Gradebook]:
    with new(tmp_path) as opened:
        yield opened


def two_attempts(store: Gradebook, second_late: timedelta) -> None:
    put(store, report("ada-1", (True, False)), hand_in("ada-1", student="ada", attempt=1))  # 16 points
    put(store, report("ada-2"), hand_in("ada-2", student="ada", attempt=2, late=second_late))  # 20 points


def test_the_last_attempt_counts_even_if_it_is_worth_less(store: Gradebook) -> None:
    two_attempts(store, 9 * DAY)
    standing = only(store, assignment(late=TEN))
    assert (len(standing.attempts), standing.score) == (2, 2)
    assert any("attempt 2 of 2 counts (the last)" in note for note in standing.notes)


@pytest.mark.parametrize(("late", "score"), [(9 * DAY, 16), (DAY, 18)])
def test_the_best_attempt_is_the_best_after_lateness(store: Gradebook, late: timedelta, score: int) -> None:
    two_attempts(store, late)
    assert only(store, assignment(late=TEN, attempts=Attempts.BEST)).score == score


def test_other_work_under_one_name_is_another_attempt_and_a_regrade_is_not(store: Gradebook) -> None:
    put(store, report(passed=(False, False)))
    put(store, report(passed=(True, False), checks="c2"))
    put(store, report(submission="s2"))
    standing = only(store, assignment())
    assert [each.earned for each in standing.attempts] == [16, 20]


def test_adjustments_stay_over_a_regrade_and_say_that_the_score_changed(store: Gradebook) -> None:
    put(store, report(passed=(False, True)))
    basis = only(store).counted
    assert basis is not None
    number = store.adjust("hw2", "ada", "ch07/corr2d", Fraction(1, 3), "half right", "me", basis.id)
    assert not any("changed since" in note for note in only(store).notes)
    put(store, report(checks="c2"))
    standing = only(store)
    assert standing.score == 20 + Fraction(1, 3)
    (note,) = [note for note in standing.notes if "automatic score changed since" in note]
    assert f"adjustment {number}" in note
    assert "6 → 12" in note


def test_a_withdrawn_adjustment_counts_for_nothing(store: Gradebook) -> None:
    put(store, report())
    store.withdraw(store.adjust("hw2", "ada", "", Fraction(-5), "wrong", "me"), "boss")
    assert only(store).score == 20


def test_a_score_never_falls_below_nothing(store: Gradebook) -> None:
    put(store, report())
    store.adjust("hw2", "ada", "", Fraction(-99), "copied", "me")
    assert only(store).score == 0


def test_an_excused_student_is_not_missing_and_may_be_asked_after_all(store: Gradebook) -> None:
    roster = [Student("ada"), Student("bob")]
    store.excuse("hw2", "bob", "ill", "me")
    assert book(store, assignment(), roster).standings[1].excused
    store.excuse("hw2", "bob", "", "me", excused=False)
    assert not book(store, assignment(), roster).standings[1].excused


def test_missing_students_and_strangers_are_told(store: Gradebook) -> None:
    put(store, report())
    put(store, report("zoe"))
    found = book(store, assignment(), [Student("ada"), Student("bob")])
    assert [each.student.id for each in found.standings] == ["ada", "bob"]
    assert found.standings[1].notes == ("nothing was handed in",)
    assert found.strangers == ("zoe",)


def test_what_is_proposed_or_rejected_counts_for_nothing(store: Gradebook) -> None:
    put(store, report())
    run = put(store, report(passed=(False, True), checks="c2"), state=State.PROPOSED)
    assert only(store).score == 20
    assert any("waits for `gradebook accept`" in note for note in only(store).notes)
    store.decide(run, State.REJECTED)
    assert (only(store).score, only(store).notes) == (20, ())


def test_what_is_accepted_counts(store: Gradebook) -> None:
    put(store, report())
    run = put(store, report(passed=(False, True), checks="c2"), state=State.PROPOSED)
    assert store.decide(run, State.ACCEPTED) == 1
    assert only(store).score == 14


def test_pending_points_are_told_apart(store: Gradebook) -> None:
    put(store, report(passed=(True, False), pending=True))
    assert (only(store).earned, only(store).pending) == (16, 4)
