"""`author mutants`: what becomes of a solution's mutants, how they are told, and when the command says no."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from author_course import course, fill_in, read, rooms, scaffold
from d2l_kit.author.mutants import Fate, Slaughter
from d2l_kit.author.table import slaughter
from d2l_kit.cli import main

Run = Callable[..., SimpleNamespace]
EXERCISE = "ch21/relu"
SURVIVOR = Fate(EXERCISE, "line 5: X > 0 -> X >= 0", "survived")
EQUIVALENT = Fate(EXERCISE, "line 5: X > 0 -> X != 0", "equivalent", "They say so.")
KILLED = tuple(Fate(EXERCISE, f"line 5: {n} -> {n + 1}", "killed", "worked_example") for n in range(9))
MARK = """
[[equivalent]]
mutant = "{mutant}"
reason = "Zero times anything is zero."
"""
OTHER = Fate("ch21/gelu", "line 7: 1 -> 2", "killed", "worked_example")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `author mutants` on a chapter, with the slaughter's outcome given or for real."""
    where = rooms(tmp_path)
    fill_in(scaffold(where, "relu"))
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: course(where))

    def _run(*arguments: str, outcome: Slaughter | None = None) -> SimpleNamespace:
        if outcome is not None:
            monkeypatch.setattr("d2l_kit.author.mutants.run_mutants", lambda *_: outcome)
        code = main(["author", "mutants", *arguments])
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err, chapter=read(where))

    return _run


def test_the_share_leaves_equivalents_out() -> None:
    result = Slaughter((SURVIVOR, EQUIVALENT, *KILLED, OTHER), (), ())
    assert result.share(EXERCISE) == 0.9
    assert result.share("ch21/gelu") == 1
    assert result.share() == 10 / 11
    assert Slaughter((), (), ()).share() == 1


def test_the_table_counts_each_fate_and_lists_survivors_with_their_lines() -> None:
    text = slaughter(Slaughter((SURVIVOR, EQUIVALENT, *KILLED, OTHER), ("gone",), ()))
    lines = [line.split() for line in text.splitlines()]
    assert ["ch21/relu", "11", "9", "1", "1", "90.0%"] in lines
    assert ["all", "12", "10", "1", "1", "90.9%"] in lines
    assert f"  {EXERCISE}  {SURVIVOR.mutant}" in text
    assert f"  {EXERCISE}  {EQUIVALENT.mutant}\n    They say so." in text
    assert "gone" in text


def test_enough_killed_is_exit_0(run: Run) -> None:
    assert run("relu", outcome=Slaughter(KILLED, (), ())).code == 0
    assert run("relu", "--at-least", "0.9", outcome=Slaughter((SURVIVOR, *KILLED), (), ())).code == 0


def test_too_few_killed_is_exit_1_and_says_which(run: Run) -> None:
    done = run("relu", outcome=Slaughter((SURVIVOR, *KILLED), (), ()))
    assert done.code == 1
    assert "ch21/relu: 90.0% of the mutants are killed; 97.0% are wanted" in done.err


def test_a_stale_mark_is_exit_1(run: Run) -> None:
    done = run("relu", outcome=Slaughter(KILLED, ("ch21/relu: [[equivalent]] 'x' fits no surviving mutant.",), ()))
    assert done.code == 1
    assert "fits no surviving mutant" in done.out


def test_a_problem_of_the_kits_is_exit_3(run: Run) -> None:
    done = run("relu", outcome=Slaughter(KILLED, (), ("ch21/relu: it ended.", "ch21/relu: it ended.")))
    assert done.code == 3
    assert done.err.count("it ended") == 1


def test_survivors_alone_are_one_a_line(run: Run) -> None:
    done = run("relu", "--survivors-only", outcome=Slaughter((SURVIVOR, EQUIVALENT, *KILLED), (), ()))
    assert done.out == f"{EXERCISE}  {SURVIVOR.mutant}\n"
    assert run("relu", "--survivors-only", outcome=Slaughter(KILLED, (), ())).out == ""


def test_json_is_one_document(run: Run) -> None:
    done = run("relu", "--format", "json", outcome=Slaughter((SURVIVOR, *KILLED), (), ()))
    document = json.loads(done.out)
    assert document["share"] == {EXERCISE: 0.9}
    assert document["mutants"][0]["fate"] == "survived"


def test_for_real_survivors_are_those_that_change_nothing_and_a_mark_settles_them(run: Run) -> None:
    done = run("relu", "--format", "json", "-n", "1")
    mutants = json.loads(done.out)["mutants"]
    survivors = [m["mutant"] for m in mutants if m["fate"] == "survived"]
    # Whether zero itself counts as positive makes no difference to the product.
    assert survivors == ["line 5: X > 0 -> X >= 0"]
    assert len(mutants) > 3
    assert all(m["by"] in ("worked_example", "matches_torch", "double_precision") for m in mutants if m["by"])

    mistakes = done.chapter.exercises[0].files.mistakes
    marks = "".join(MARK.format(mutant=mutant) for mutant in (survivors[0], "line 5: gone -> long ago"))
    mistakes.write_text(mistakes.read_text(encoding="utf-8") + marks, encoding="utf-8")
    done = run("relu", "--at-least", "1", "-n", "2")
    assert done.code == 1
    assert f"  {EXERCISE}  {survivors[0]}\n    Zero times anything is zero." in done.out
    assert "'line 5: gone -> long ago' fits no surviving mutant" in done.out
    assert "100.0%" in done.out


WAITING = '''
@pytest.mark.needs_gpu
def test_on_a_gpu(submission, rng):
    """On a GPU the same."""
    X = rng.normal(3)
    assert_close(submission.relu(X), X.clamp(min=0))


'''


def test_a_check_that_waits_for_a_gpu_keeps_no_mutant_alive(run: Run, tmp_path: Path) -> None:
    """It stands before the others here, and they are to kill."""
    (checks,) = (tmp_path / "course").rglob("checks/test_relu.py")
    text = checks.read_text(encoding="utf-8")
    checks.write_text(text.replace("\ndef test_worked", f"{WAITING}def test_worked"), encoding="utf-8")
    mutants = json.loads(run("relu", "--format", "json", "-n", "1").out)["mutants"]
    assert [m["mutant"] for m in mutants if m["fate"] == "survived"] == ["line 5: X > 0 -> X >= 0"]
