"""A difference tells whose points move, which checks, and why."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from d2l_kit.gradebook import decisions, listing
from d2l_kit.gradebook.diff import of_run
from d2l_kit.gradebook.grades import write_grades
from d2l_kit.gradebook.model import State
from gradebook_fakes import EXERCISES, new, put, report


@pytest.mark.parametrize(
    ("part", "why"), [("checks", "the checks changed"), ("seed", "the seed changed"), ("kit", "d2l-kit 0.1 → new")]
)
def test_a_proposed_regrade_says_what_moves_and_why(tmp_path: Path, part: str, why: str) -> None:
    with new(tmp_path) as store:
        put(store, report())
        run = put(store, report(passed=(False, True), **{part: "new"}), state=State.PROPOSED)
        put(store, report("bob"))
        difference = of_run(store, "hw2")
    (move,) = difference.moves
    assert (difference.waiting, move.points, move.why) == (run, -6, (why,))
    assert [check.name for check in move.exercises[0].checks] == ["check2", "check3"]


def test_cells_that_a_spreadsheet_would_run_are_defused(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        put(store, report("=cmd"))
        assert "\n'=cmd," in listing.difference_csv(of_run(store, "hw2"))


def test_accepting_writes_the_report_files_anew(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    with new(tmp_path) as store:
        put(store, report())
        run = put(store, report(checks="c2"), state=State.PROPOSED)
        assert decisions.accept(store, run) == 1
    assert [file.name for file in (tmp_path / "reports").iterdir()] == ["ada.json"]


def test_accepting_writes_grades_csv_anew_for_the_submissions_in_it(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    exercises = dict(EXERCISES)
    work = [SimpleNamespace(id=id, points=points) for id, points in exercises.items()]
    with new(tmp_path) as store:
        store.remember(None, "hw2", work, (), None)  # type: ignore[arg-type]
        for name in ("=ada", "bob", "gone"):
            put(store, report(name, (False, False)))
        write_grades(tmp_path, exercises, [report("bob", (False, False)), report("=ada", (False, False))])
        run = put(store, report("=ada", checks="c2"), state=State.PROPOSED)
        before = (tmp_path / "grades.csv").read_text(encoding="utf-8")
        decisions.accept(store, run)
        after = (tmp_path / "grades.csv").read_text(encoding="utf-8")
        put(store, report("bob", checks="c3"), state=State.PROPOSED)
        other = store.begin_run("hw3", "another class in the same folder")
        store.end_run(other)
        decisions.accept(store, run + 1)
    assert [line[:10] for line in before.splitlines()[1:]] == ["bob,6,4,10", "'=ada,6,4,"]
    assert [line[:10] for line in after.splitlines()[1:]] == ["bob,6,4,10", "'=ada,12,8"]
    assert (tmp_path / "grades.csv").read_text(encoding="utf-8") == after
