"""`author verify` and `author fingerprint` with the real engine, on chapters scaffolded by `author new`."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from author_course import course, fill_in, read, rooms, scaffold
from d2l_kit.author import trivial
from d2l_kit.author.files import Finding, can_be_run, look, look_at_chapter
from d2l_kit.author.new import Rooms
from d2l_kit.author.run import hold
from d2l_kit.author.trial import hold_trial
from d2l_kit.catalog import Chapter, read_chapter
from d2l_kit.cli import main
from d2l_kit.cli._authors import counting
from d2l_kit.grading.judge import Bench
from d2l_kit.grading.mistakes import read_mistakes

BROKEN = ("relu", "unwritten", "lost_solution", "no_python", "bad_import", "stale_edit", "weak", "builder")
WEAK_CHECKS = '''\
from d2l_kit.checks import assert_shape, assert_close
import torch


def test_worked_example(submission):
    """A value."""
    assert_close(submission.weak(torch.tensor([1.0, 2.0])), torch.tensor([1.0, 2.0]))


def test_matches_torch(submission, rng):
    """The shape alone."""
    assert_shape(submission.weak(rng.normal(3)), (3,))
'''

BUILDER = """\
from relu import relu
from torch import Tensor


def builder(X: Tensor) -> Tensor:
    return relu(X * (X > 0))
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A chapter with one exercise, written in full; fingerprinted and verified by commands."""
    where = rooms(tmp_path_factory.mktemp("good"))
    fill_in(scaffold(where, "relu"))
    first = command(where, "verify", "--seeds", "1")
    written = command(where, "fingerprint")
    return SimpleNamespace(where=where, first=first, written=written, second=command(where, "verify", "-v"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A chapter whose exercises are broken in one way each, but for `relu`; verified by command."""
    where = rooms(tmp_path_factory.mktemp("broken"))
    chapter = scaffold(where, *BROKEN)
    for name in set(BROKEN) - {"unwritten"}:
        fill_in(chapter, name)
    spoil(chapter)
    outcome = command(where, "verify", "--seeds", "1", "--format", "json")
    return SimpleNamespace(where=where, code=outcome.code, document=json.loads(outcome.out))


def spoil(chapter: Chapter) -> None:
    reference = chapter.reference_root
    assert reference is not None
    (reference / "lost_solution.py").unlink()
    (reference / "alternatives/no_python__another_way.py").write_text("def no_python(X:\n", encoding="utf-8")
    prepend(chapter.root / "checks/test_bad_import.py", "import no_such_module\n")
    prepend(reference / "stale_edit.py", "# X * (X > 0)\n")
    (chapter.root / "checks/test_weak.py").write_text(WEAK_CHECKS, encoding="utf-8")
    (reference / "builder.py").write_text(BUILDER, encoding="utf-8")
    (reference / "checks/test_builder.py").unlink()
    table = chapter.root / "chapter.toml"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace('name = "builder"\n', 'name = "builder"\nrequires = ["relu"]\n'), encoding="utf-8")


def prepend(path: Path, text: str) -> None:
    path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")


def command(where: Rooms, *arguments: str) -> SimpleNamespace:
    """Run `d2l-kit author …` on the one chapter there is."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr("d2l_kit.plugins.load_course", lambda: course(where))
        code = main(["author", *arguments])
    return SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())


def about(verified: SimpleNamespace, exercise: str) -> list[SimpleNamespace]:
    """The findings on an exercise."""
    found = [SimpleNamespace(**finding) for finding in verified.document["findings"]]
    return [f for f in found if exercise in Path(f.file).name or exercise in f.message.split(":")[0]]


def test_a_scaffold_filled_in_passes_but_for_its_fingerprints(good: SimpleNamespace) -> None:
    assert good.first.code == 1
    assert "1 to mend:" in good.first.out
    assert "fingerprints.json: fingerprints: relu: 2 not as the checks have it now" in good.first.out
    assert "d2l-kit author fingerprint ch21/relu" in good.first.out


def test_fingerprints_are_written_where_the_chapter_is(good: SimpleNamespace) -> None:
    chapter = read(good.where)
    assert good.written.code == 0
    assert str(chapter.fingerprints) in good.written.out
    entries = json.loads(chapter.fingerprints.read_text(encoding="utf-8"))["exercises"]["relu"]
    assert [entry["name"] for entry in entries] == ["absolute_value", "cuts_at_four"]


def test_then_nothing_is_left_to_mend_and_every_mistake_is_named(good: SimpleNamespace) -> None:
    assert (good.second.code, good.second.err) == (0, "")
    assert "Nothing to mend." in good.second.out
    row = good.second.out.splitlines()[1].split()
    assert row == ["ch21/relu", "2+1", "0", "100", "1/1", "0", "3/3", "3/3", "2/3", row[-2], "2"]
    caught = [line.split() for line in good.second.out.splitlines() if line.startswith("  ")]
    assert ["absolute_value", "worked_example", "named", "fingerprint"] in caught
    assert ["single_precision", "double_precision", "named"] in caught


def test_a_broken_exercise_hides_nothing_of_the_others(broken: SimpleNamespace) -> None:
    assert broken.code == 1
    assert broken.document["problems"] == []
    rows = {row["exercise"]: row for row in broken.document["exercises"]}
    assert rows["ch21/relu"]["solution"] == 100
    assert list(rows) == ["ch21/relu", "ch21/unwritten", "ch21/weak", "ch21/builder"]


def test_an_exercise_may_build_on_those_it_requires(broken: SimpleNamespace) -> None:
    rows = {row["exercise"]: row for row in broken.document["exercises"]}
    assert (rows["ch21/builder"]["solution"], rows["ch21/builder"]["stub"]) == (100, 0)


def test_every_finding_has_its_file_rule_and_remedy(broken: SimpleNamespace) -> None:
    for finding in broken.document["findings"]:
        assert Path(finding["file"]).is_absolute()
        assert finding["rule"]
        assert finding["message"]
        assert finding["remedy"]


def test_an_unwritten_exercise_is_told_what_is_to_be_written_and_that_its_solution_fails(
    broken: SimpleNamespace,
) -> None:
    found = about(broken, "unwritten")
    assert {f.rule for f in found} == {"filled in", "solution scores 100 %"}


@pytest.mark.parametrize(
    ("exercise", "rule", "said"),
    [
        ("lost_solution", "every part is there", "it is missing"),
        ("no_python", "Python parses", "line 1"),
        ("bad_import", "it can be run", "no_such_module"),
        ("stale_edit", "it can be run", "occurs 2 times in the solution"),
        ("weak", "trivial answers earn nothing", "matches_torch"),
        ("weak", "trivial answers earn nothing", "an argument handed back passes worked_example"),
        ("weak", "mistakes are caught", "cuts_at_four"),
    ],
)
def test_each_fault_is_found(broken: SimpleNamespace, exercise: str, rule: str, said: str) -> None:
    assert any(f.rule == rule and said in f.message for f in about(broken, exercise)), about(broken, exercise)


def test_without_any_solution_the_instructors_package_is_asked_for(tmp_path: Path) -> None:
    where = rooms(tmp_path)
    chapter = scaffold(where, "relu")
    assert chapter.reference_root is not None
    (chapter.reference_root / "relu.py").unlink()
    outcome = command(where, "verify")
    assert outcome.code == 2
    assert "instructor's package" in outcome.err


def test_a_trivial_answer_gives_an_iterator_of_trivial_items() -> None:
    source = "def count(start):\n    yield from (start, start + 1)\n"
    found = {}
    for name, text in trivial.answers(source, source):
        module: dict[str, Any] = {}
        exec(text, module)
        found[name] = module["count"](5)
    assert found.pop("an argument handed back") == 5
    assert list(found.pop("a constant")) == [7, 7]
    assert list(found.pop("zeros")) == [0, 0]
    assert all(iter(answer) is answer for answer in found.values())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_progress_is_counted_on_a_terminal_and_silent_in_a_pipe(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    with counting("verified") as tell:
        tell(3, 9, "ch07/corr2d")
    assert ("verified 3 of 9, ch07/corr2d last" in stream.getvalue()) == stream.isatty()
    assert bool(stream.getvalue()) == stream.isatty()
    assert not stream.isatty() or stream.getvalue().endswith("\r\x1b[K")


def written(tmp_path: Path) -> Chapter:
    """A chapter with `relu` written in full."""
    where = rooms(tmp_path)
    fill_in(scaffold(where, "relu"))
    return read(where)


def rules(chapter: Chapter) -> set[str]:
    """The names of the rules on files that find something, the chapter read anew."""
    assert chapter.reference_root is not None
    again = read_chapter(chapter.root).with_reference(chapter.reference_root)
    found: list[Finding] = look_at_chapter(again)
    for exercise in again.exercises:
        found += look(again, exercise)
    return {finding.rule for finding in found}


@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("course", "checks/test_rellu.py"),
        ("course", "helpers.py"),
        ("course", "checks/conftest.py"),
        ("reference", "alternatives/relu_one_underscore.py"),
        ("reference", "mistakes/relu.py"),
        ("reference", "rellu.mistakes.toml"),
    ],
)
def test_a_file_under_a_wrong_name_is_found(tmp_path: Path, room: str, name: str) -> None:
    chapter = written(tmp_path)
    assert chapter.reference_root is not None
    path = (chapter.root if room == "course" else chapter.reference_root) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("", encoding="utf-8")
    assert rules(chapter) == {"every file belongs"}


def test_a_mistake_as_a_whole_file_belongs(tmp_path: Path) -> None:
    chapter = written(tmp_path)
    assert chapter.reference_root is not None
    (chapter.reference_root / "mistakes").mkdir()
    (chapter.reference_root / "mistakes/relu__other.py").write_text("x = 1\n", encoding="utf-8")
    assert rules(chapter) == set()


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("hints = [", "hints = []\n# [", "hints"),
        ('kind = "function"', 'kind = "function"\nrequires = ["gelu"]', "requires"),
        ('["21.1", "Activations"],', '["21.1", "Activations"],\n["21.2", "More"],', "sections covered"),
        ('["21.1", "Activations"],', '["21.1", "FILL IN: a title"],', "filled in"),
    ],
)
def test_the_chapters_table_is_looked_at(tmp_path: Path, old: str, new: str, rule: str) -> None:
    chapter = written(tmp_path)
    table = chapter.root / "chapter.toml"
    text = table.read_text(encoding="utf-8")
    assert text.count(old) == 1
    table.write_text(text.replace(old, new), encoding="utf-8")
    assert rules(chapter) == {rule}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("X: Tensor) -> Tensor", "X: Tensor, slope: float = 0.0) -> Tensor", "signatures agree"),
        ("tensor([1., 0.])", "FILL IN: the result", "filled in"),
        ("    Example:\n        >>> relu(torch.tensor([1.0, -2.0]))\n", "", "stubs teach"),
    ],
)
def test_the_stub_is_looked_at(tmp_path: Path, old: str, new: str, rule: str) -> None:
    chapter = written(tmp_path)
    stub = chapter.root / "relu.py"
    stub.write_text(stub.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert rules(chapter) == {rule}


@pytest.mark.parametrize(
    "line", ["from my_reference.ch21_between import relu\n", 'def test_a(reference):\n    """A title."""\n']
)
def test_a_public_check_that_uses_the_reference_is_found(tmp_path: Path, line: str) -> None:
    chapter = written(tmp_path)
    prepend(chapter.root / "checks/test_relu.py", line)
    assert rules(chapter) == {"public checks stand alone"}


def test_the_word_reference_alone_is_no_use_of_it(tmp_path: Path) -> None:
    chapter = written(tmp_path)
    prepend(chapter.root / "checks/test_relu.py", "# Numbers of reference from the book.\n")
    assert rules(chapter) == set()


def test_a_check_without_a_title_is_found(tmp_path: Path) -> None:
    chapter = written(tmp_path)
    prepend(chapter.root / "checks/test_relu.py", "def test_a(submission):\n    assert submission.relu\n\n\n")
    assert rules(chapter) == {"checks have titles"}


@pytest.mark.parametrize("missing", ["README.md", "relu.py", "checks/test_relu.py"])
def test_what_is_missing_of_the_course_is_found(tmp_path: Path, missing: str) -> None:
    chapter = written(tmp_path)
    (chapter.root / missing).unlink()
    assert len(rules(chapter)) == 1
    assert can_be_run(chapter.exercises[0]) == (missing == "README.md")


@pytest.mark.parametrize(
    "missing", ["relu.py", "relu.mistakes.toml", "checks/test_relu.py", "alternatives/relu__another_way.py"]
)
def test_what_is_missing_of_the_reference_is_found(tmp_path: Path, missing: str) -> None:
    chapter = written(tmp_path)
    assert chapter.reference_root is not None
    (chapter.reference_root / missing).unlink()
    assert rules(chapter) == {"every part is there"}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x = '\0'", b"def f(:", b""])
def test_a_file_that_is_no_python_is_a_finding_and_no_crash(tmp_path: Path, content: bytes) -> None:
    chapter = written(tmp_path)
    (chapter.root / "relu.py").write_bytes(content)
    assert "Python parses" in rules(chapter) or not content


def test_on_further_seeds_a_mistake_meets_only_the_checks_that_are_to_catch_it(good: SimpleNamespace) -> None:
    chapter = read(good.where)

    def met(bench: Bench, index: int) -> dict[str, Any]:
        trial = hold_trial(chapter, chapter.exercises[index], bench, ("one", "two"))
        return {m.name: [[c.name for c in j.result.checks] for j in trial.wrong[m.name]] for m in trial.mistakes}

    (names,) = hold(chapter.exercises, ["relu"], met, jobs=1).values
    for mistake in read_mistakes(chapter.exercises[0]):
        assert names is not None
        first, second = names[mistake.name]
        assert len(first) == 3
        assert set(second) == set(mistake.caught_by) < set(first)
