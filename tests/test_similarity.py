"""Similarity: disguised copies are found, honest neighbours are not, and the page says no more than it knows."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pytest
from d2l_kit.cli import main
from d2l_kit.plugins import load_course
from d2l_kit.similarity import compare as comparing
from d2l_kit.similarity import page
from d2l_kit.similarity.compare import LEAST_EVIDENCE, compare
from d2l_kit.similarity.model import Compared, Findings, Work
from d2l_kit.similarity.normal import pieces
from d2l_kit.similarity.search import find_similar, known_texts
from d2l_kit.submission import Source
from similarity_samples import DISGUISES, PLAIN, honest_corr2d

STUB = "def pool2d(X, pool_size, mode='max', stride=None, padding=0):\n    raise NotImplementedError\n"


def _compared(texts: Sequence[str], known: Sequence[str] = (STUB,), at_least: float = 0.6) -> Compared:
    works = [Work(f"s{number:03d}", Source(text, "pool2d.py")) for number, text in enumerate(texts)]
    return compare("ch07/pool2d", works, known, at_least)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_is_found_in_disguise(disguise: str) -> None:
    (pair,) = _compared([PLAIN, DISGUISES[disguise]]).pairs
    assert pair.similarity > 0.8
    assert pair.evidence > 2 * LEAST_EVIDENCE


def test_all_disguises_are_pairs_of_each_other() -> None:
    texts = [PLAIN, *DISGUISES.values()]
    assert len(_compared(texts).pairs) == len([*combinations(texts, 2)])


def test_twelve_honest_solutions_of_a_short_function_make_no_pair() -> None:
    known = known_texts(load_course().by_id["ch07/corr2d"])
    found = _compared(honest_corr2d(), known)
    assert found.compared == 12
    assert not found.pairs


def test_honest_alternatives_of_the_whole_course_make_no_pair() -> None:
    """They are not taken out here: each stands for a student of its own."""
    for exercise in load_course():
        files = exercise.files
        if files.solution is None:
            pytest.skip("the reference is not installed")
        known = [path.read_text(encoding="utf-8") for path in (files.stub, files.solution)]
        texts = [path.read_text(encoding="utf-8") for path in files.alternatives]
        assert not _compared(texts, known).pairs, exercise.id


def test_what_the_course_wrote_is_nobodys_own() -> None:
    found = _compared([PLAIN, DISGUISES["renamed"]], known=[STUB, PLAIN])
    assert not found.pairs
    assert [name for name, _ in found.too_short] == ["s000", "s001"]


def test_what_half_of_a_large_class_writes_is_nobodys_own() -> None:
    assert not _compared([PLAIN] * 12).pairs


def test_a_ring_of_five_in_a_class_is_found_whole() -> None:
    known = known_texts(load_course().by_id["ch07/corr2d"])
    assert len(_compared([PLAIN] * 5 + honest_corr2d(), known).pairs) == 10


def test_the_result_is_the_same_in_any_order() -> None:
    texts = [PLAIN, *DISGUISES.values(), *honest_corr2d()]
    works = [Work(f"s{number:02d}", Source(text, "x.py")) for number, text in enumerate(texts)]
    shuffled = random.Random(5).sample(works, len(works))
    assert compare("e", works, [STUB], 0.3).pairs == compare("e", shuffled, [STUB], 0.3).pairs


def test_pairs_are_ranked_by_evidence_before_ratio() -> None:
    short = PLAIN[: PLAIN.index("    values = []")]
    pairs = _compared([PLAIN, DISGUISES["reordered"], short, short.replace("framed", "big")], at_least=0.1).pairs
    assert {pairs[0].first.work.name, pairs[0].second.work.name} == {"s000", "s001"}


def test_an_old_class_is_compared_with_this_one_only() -> None:
    works = [
        Work("new", Source(PLAIN, "x.py")),
        Work("old1", Source(DISGUISES["renamed"], "x.py"), "2025"),
        Work("old2", Source(DISGUISES["reordered"], "x.py"), "2025"),
    ]
    pairs = compare("e", works, [STUB], 0.6).pairs
    assert {(pair.first.work.label, pair.second.work.label) for pair in pairs} == {
        ("new", "old1 (2025)"),
        ("new", "old2 (2025)"),
    }


def test_lines_that_are_alike_name_each_other() -> None:
    (pair,) = _compared([PLAIN, DISGUISES["renamed"]]).pairs
    first, second = pair.first.work.source.text.split("\n"), pair.second.work.source.text.split("\n")
    mine = next(number for number, text in enumerate(first, 1) if "torch.full" in text)
    assert "t.full" in second[pair.first.partner[mine] - 1]


@pytest.mark.parametrize("text", ["def f(:", "x = '\0'", "(" * 5000 + ")" * 5000, "x = " + "-" * 3000 + "1"])
def test_what_cannot_be_read_is_a_row_and_stops_no_other(text: str) -> None:
    found = _compared([text, PLAIN, DISGUISES["renamed"]])
    assert len(found.pairs) == 1
    assert len(found.unread) == 1


def test_ways_of_writing_the_same_have_one_normal_form() -> None:
    same = [
        ("import torch.nn.functional as F\ny = F.pad(a)", "from torch.nn.functional import pad\nz = pad(b)"),
        ("x += 2 * y", "b = b + c * 2"),
        ("a, b = c.d, 5", "x = y.d\nz = 5"),
        ("f = g(a, p=1, q=x)", "u = v(w, q=t, p=1)"),
        ("if not a == 3: pass", "if 3 != x: pass"),
        ("x: int = a > b", "y = c < d"),
    ]
    for one, other in same:
        assert _tokens(one) == _tokens(other)


def test_the_work_grows_with_what_is_shared_and_not_with_the_square(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred that share nothing are compared pairwise not once; a pair among them is."""
    looked: list[int] = []
    original = comparing._pair
    monkeypatch.setattr(comparing, "_pair", lambda *given: looked.append(1) or original(*given))
    texts = [_unlike(number) for number in range(300)]
    assert len(_compared([*texts, PLAIN, DISGUISES["renamed"]]).pairs) == 1
    assert len(looked) < 300


def test_the_page_escapes_everything_and_loads_nothing() -> None:
    nasty = "<script>alert(1)</script>\u202e"
    works = [
        Work(nasty, Source(PLAIN + f"# {nasty}\n", nasty)),
        Work("b", Source(DISGUISES["renamed"], "b.ipynb", tuple((3, line) for line in range(1, 60)))),
    ]
    found = Findings((compare("e", works, [STUB], 0.6),), [(nasty, nasty)], [], 0.6, False)
    html = page.as_html(found, 10)
    assert "<script" not in html
    assert "\u202e" not in html
    assert "A lead, not a verdict" in html
    assert page.NO_REFERENCE in html
    assert "cell 3" in html
    assert not re.search(r"(?:src|href)=\"(?!#|data:,)", html)
    assert "\u202e" not in page.as_text(found, 10)


def test_the_command_reads_a_class_as_grade_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path / "class" / "ada" / "ch07" / "pool2d.py", PLAIN)
    _write(tmp_path / "class" / "ben.py", DISGUISES["reordered"])
    _write(tmp_path / "class" / "eve.zip", "no zip")
    _write(tmp_path / "old" / "zoe" / "pool2d.py", DISGUISES["renamed"])
    monkeypatch.chdir(tmp_path)
    line = ["similarity", "class", "--exercises", "pool2d", "--against", "old"]
    assert main(line) == 0
    printed = capsys.readouterr()
    assert "ada | ben" in printed.out
    assert "not read: eve" in printed.out
    assert "A lead, not a verdict" in printed.out
    assert "zoe (old)" in (tmp_path / "similarity.html").read_text(encoding="utf-8")
    assert main([*line, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["exercises"][0]["pairs_in_all"] == 3
    assert document["problems"][0]["submission"] == "eve"


def test_one_submission_is_nothing_to_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path / "class" / "ada" / "pool2d.py", PLAIN)
    assert main(["similarity", str(tmp_path / "class"), "--exercises", "pool2d"]) == 2
    assert "not two submissions" in capsys.readouterr().err


def test_what_is_being_done_is_told_as_it_goes_on(tmp_path: Path) -> None:
    for name in "ab":
        _write(tmp_path / name / "pool2d.py", PLAIN)
    told: list[str] = []
    find_similar([tmp_path], load_course().select(["ch07/corr2d", "ch07/pool2d"]), tell=told.append)
    assert told[:2] == ["reading submission 1 of 2", "reading submission 2 of 2"]
    assert told[2:] == ["comparing ch07/corr2d, 1 of 2", "comparing ch07/pool2d, 2 of 2"]


def test_the_reference_taken_out_is_said(tmp_path: Path) -> None:
    for name, text in (("a", PLAIN), ("b", DISGUISES["renamed"])):
        _write(tmp_path / name / "pool2d.py", text)
    exercise = load_course().by_id["ch07/pool2d"]
    found = find_similar([tmp_path], [exercise])
    assert found.exercises[0].known == len(known_texts(exercise))
    assert found.has_reference is (exercise.files.solution is not None)


def _tokens(source: str) -> list[tuple[str, ...]]:
    found = pieces(source)
    assert found is not None
    return [piece.tokens for piece in found]


def _unlike(number: int) -> str:
    lines = (f"    x = x.op{number}_{at}(a, {at % 7}).then{number}(b, c)\n" for at in range(20))
    return f"def f(x, a, b, c):\n{''.join(lines)}    return x\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
