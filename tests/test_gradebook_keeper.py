"""Keeping a class's reports: what is known is found again, and what only looks like a regrade is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from d2l_kit.gradebook.keeper import BookKeeper
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.grading.store import ReportFolder
from gradebook_fakes import EXERCISES, hand_in, new, report


def keeper_of(store: Gradebook, folder: Path, *names: str) -> BookKeeper:
    """A keeper in a run of its own."""
    run = store.begin_run("hw2", "grade class")
    hand_ins = {name: hand_in(name) for name in names}
    return BookKeeper(store, ReportFolder(folder / "reports"), run=run, assignment="hw2", hand_ins=hand_ins)


@pytest.mark.parametrize("name", ["ada", "caf\udce9", "a\0b"])
def test_a_report_is_found_again_under_any_name(tmp_path: Path, name: str) -> None:
    with new(tmp_path) as store:
        first = keeper_of(store, tmp_path, name)
        first.keep(report(name))
        assert first.standing(name) is not None
        second = keeper_of(store, tmp_path, name)
        assert second.known(name, report(name).digest) is not None
        second.keep(report(name, (False, True), checks="c2"))
        assert second.proposed == [name]


def test_a_report_on_another_scale_is_no_regrade(tmp_path: Path) -> None:
    doubled = {id: 2 * points for id, points in EXERCISES.items()}
    with new(tmp_path) as store:
        keeper_of(store, tmp_path, "ada").keep(report(passed=(True, False)))
        keeper = keeper_of(store, tmp_path, "ada")
        keeper.keep(report(passed=(True, False), checks="c2").worth(doubled))
        assert keeper.proposed == []
        keeper = keeper_of(store, tmp_path, "ada")
        keeper.keep(report(checks="c3"))
        assert keeper.proposed == ["ada"]


def test_report_files_follow_the_scale(tmp_path: Path) -> None:
    files = ReportFolder(tmp_path / "reports")
    with new(tmp_path) as store:
        keeper = keeper_of(store, tmp_path, "ada")
        keeper.keep(report())
        keeper.mend_files([report().worth({"ch07/corr2d": 50})])
    standing = files.standing("ada")
    assert standing is not None
    assert [each.points for each in standing.exercises] == [50, 8]
