"""Whatever bytes are handed in, reading them ends soon, in a Submission or a SubmissionError."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.errors import SubmissionError
from d2l_kit.submission import list_class, read_submission
from d2l_kit.submission._magics import plain
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from submission_samples import GOOD, code, exercises, notebook, tarred, zipped

SUFFIXES = [".zip", ".tar", ".tar.gz", ".py", ".ipynb"]
WHOLE = [
    zipped({"ch07/corr2d.py": GOOD, "a/": "", "b.zip": zipped({"x.py": GOOD})}),
    tarred([("ch07/corr2d.py", GOOD, {}), ("x" * 150, "1", {})], "w"),
    tarred([("ch07/corr2d.py", GOOD, {})]),
    GOOD.encode(),
    notebook(code("%%time\nx = !ls\n" + GOOD)).encode(),
]
LINES = st.sampled_from(
    [
        "%time x = 1",
        "!ls \\",
        "x = !a",
        "a?",
        "?b",
        "%%time",
        "'''",
        '"""',
        "x = (",
        ")",
        "def f():",
        "    !ls",
        "#'",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["code", "markdown"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cells", "cell_type", "source", "input", "metadata", "worksheets", "tags", "d2l_kit"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.binary(max_size=400), st.sampled_from(SUFFIXES))
@example(b"PK\x05\x06" + bytes(18), ".zip")
@example(b"PK\x05\x06" + b"\xff" * 18, ".zip")
def test_random_bytes_never_raise_anything_else(data: bytes, suffix: str) -> None:
    _read(data, suffix)


@given(st.integers(0, len(WHOLE) - 1), st.data())
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_hand_ins_never_raise_anything_else(which: int, data: st.DataObject) -> None:
    changed = bytearray(WHOLE[which])
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.sampled_from([len(changed), len(changed) // 2, len(changed) - 1]))
    _read(bytes(changed[:end]), SUFFIXES[which])


@given(JSON)
@settings(max_examples=200)
def test_notebooks_of_any_json_never_raise_anything_else(document: Any) -> None:
    _read(json.dumps(document).encode(), ".ipynb")


@given(st.lists(LINES | st.text(max_size=8), max_size=12))
@settings(max_examples=300)
def test_a_cells_lines_are_kept_in_number_whatever_they_hold(lines: list[str]) -> None:
    cell = "\n".join(lines)
    assert plain(cell).text.count("\n") == cell.count("\n")


@pytest.mark.parametrize(
    "source",
    [
        "a" + " " * 300_000 + "?\n!x",
        "x" + " " * 300_000 + "%",
        "(" * 300_000 + "\n!x",
        "!x\\\n" * 100_000,
        "'" * 300_001 + "\n!x",
        "\\" * 300_000 + "\n!x",
        "%time" + " " * 300_000 + "-",
        "%" * 300_000,
        "x = y[" * 100_000 + "\n!x",
    ],
)
def test_no_cell_takes_more_than_time_in_proportion_to_its_length(tmp_path: Path, source: str) -> None:
    path = tmp_path / "hw1.ipynb"
    path.write_text(notebook(code(source), code(GOOD)), encoding="utf-8")
    assert read_submission(path, exercises(tmp_path)).sources


@pytest.mark.parametrize("line", ["T.append(1)", "T += [1]", "T = T + [1]", "def f(): return T", "for T in T: T.x()"])
def test_long_chains_of_needs_are_followed_in_time_in_proportion(tmp_path: Path, line: str) -> None:
    path = tmp_path / "hw1.ipynb"
    chain = "T = []\n" + f"{line}\n" * 4000
    path.write_text(notebook(code(chain), code(f"{GOOD}\n{chain}")), encoding="utf-8")
    assert read_submission(path, exercises(tmp_path)).sources


def _read(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"alice{suffix}"
        path.write_bytes(data)
        (entry,), _ = list_class([path])
        try:
            read_submission(entry.path, exercises(Path(folder) / "course"))
        except SubmissionError as error:
            assert error.message
