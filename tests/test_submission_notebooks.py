"""Reading notebooks: which cells make up an exercise, what becomes of magics, and where a line came from."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.errors import SubmissionError
from d2l_kit.report.model import Location
from d2l_kit.submission import Source, Submission, read_submission
from d2l_kit.submission._magics import plain
from submission_samples import code, exercises, markdown, notebook

CORR2D = "def corr2d(X, K):\n    return X + K"
WRONG = "def corr2d(X, K):\n    return X - K"


def test_a_foreign_notebook_is_searched_for_the_names_the_stub_defines(tmp_path: Path) -> None:
    read = _read(tmp_path, markdown("# Homework"), code("import torch"), code(CORR2D), code("def pool2d(X, size): ..."))
    assert read.sources.keys() == {"ch07/corr2d", "ch07/pool2d"}
    assert read.sources["ch07/corr2d"].text == CORR2D + "\n"


def test_any_of_several_names_of_a_stub_makes_a_cell_the_exercises_own(tmp_path: Path) -> None:
    cells = code("class Conv2D: ..."), code("def learn_kernel(X, Y):\n    return Conv2D()")
    assert _run(_read(tmp_path, *cells).sources["ch07/learn_kernel"])["learn_kernel"](0, 0)


def test_a_line_of_the_text_is_located_by_cell_and_line_as_a_person_counts(tmp_path: Path) -> None:
    cells = (
        markdown("# Title"),
        code("import torch\n\n\ndef helper(X):\n    return X"),
        code("x = 1"),
        code("import math\n\ndef corr2d(X, K):\n    return helper(X) + K"),
    )
    source = _read(tmp_path, *cells).sources["ch07/corr2d"]
    lines = source.text.split("\n")
    assert source.locate(lines.index("def helper(X):") + 1) == Location("hw1.ipynb", 4, 2)
    assert source.locate(lines.index("def corr2d(X, K):") + 1) == Location("hw1.ipynb", 3, 4)
    assert source.locate(0).cell == 2
    assert source.locate(10_000).cell == 4
    assert len(source.cells) == source.text.count("\n")


def test_a_file_is_located_by_line_alone() -> None:
    assert Source("a\nb\n", "corr2d.py").locate(2) == Location("corr2d.py", 2)


def test_helpers_imports_and_constants_of_other_cells_work_and_nothing_else_is_taken(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("import math\nimport no_such_module\nfrom d2l import torch as d2l"),
        code("SCALE = math.sqrt(4)\nprint('not needed')\nraise SystemExit"),
        code("def helper(X):\n    return X * SCALE * later(1)"),
        code("def corr2d(X, K):\n    return helper(X) + K"),
        code("def later(x):\n    return x\n\nlosses = [train(step) for step in range(10**9)]"),
        code("for epoch in range(10**9):\n    net.step()"),
    ).sources["ch07/corr2d"]
    assert "no_such_module" not in source.text
    assert "print" not in source.text
    assert "train" not in source.text
    assert _run(source)["corr2d"](3, 1) == 7.0


def test_a_training_run_does_not_come_along_through_names_that_are_only_parameters(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("for X, K in batches:\n    train(X, K)"),
        code("X = train_for_hours()\nK = X"),
        code(CORR2D),
    ).sources["ch07/corr2d"]
    assert source.text == CORR2D + "\n"


def test_names_an_own_cell_binds_itself_are_not_taken_from_elsewhere(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("X = train_for_hours()"),
        code(CORR2D + "\n\nX = 2\nY = corr2d(X, 3)"),
        code("X = train_for_hours()\nY = 1"),
    ).sources["ch07/corr2d"]
    assert "hours" not in source.text
    assert _run(source)["Y"] == 5


def test_a_demonstration_in_the_own_cell_gets_the_values_it_had_in_the_notebook(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("X = 1"),
        code("X = 10\nX += 5"),
        code("TABLE = []"),
        code("for i in range(3):\n    TABLE.append(i)\nTABLE.append(9)"),
        code(CORR2D + "\nY = corr2d(X, TABLE[-1])"),
        code("X = 0"),
    ).sources["ch07/corr2d"]
    assert _run(source)["Y"] == 24


def test_a_helper_mended_in_a_later_cell_counts_as_in_a_running_notebook(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("def helper(X):\n    return 0\n\n" + "def corr2d(X, K):\n    return helper(X) + K\n\nY = corr2d(1, 1)"),
        code("def helper(X):\n    return X"),
    ).sources["ch07/corr2d"]
    assert _run(source)["corr2d"](1, 1) == 2
    assert _run(source)["Y"] == 1


def test_a_cell_marked_as_another_exercises_never_replaces_a_helper(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("def helper(X):\n    return X\n\ndef corr2d(X, K):\n    return helper(X) + K", "ch07/corr2d"),
        code("def helper(X, size):\n    return X\n\ndef pool2d(X, size):\n    return 1", "ch07/pool2d"),
    ).sources["ch07/corr2d"]
    assert _run(source)["corr2d"](1, 1) == 2


def test_an_exercise_may_use_what_a_cell_of_another_exercise_defines(tmp_path: Path) -> None:
    sources = _read(
        tmp_path,
        code(CORR2D, "ch07/corr2d"),
        code("def pool2d(X, size):\n    return corr2d(X, size)", "ch07/pool2d"),
    ).sources
    assert _run(sources["ch07/pool2d"])["pool2d"](1, 2) == 3


def test_a_star_import_is_taken_only_for_a_name_that_is_bound_nowhere(tmp_path: Path) -> None:
    star = code("from math import *")
    without = _read(tmp_path, star, code(CORR2D)).sources["ch07/corr2d"]
    assert "import" not in without.text
    needing = _read(tmp_path, star, code("def corr2d(X, K):\n    return sqrt(X)")).sources["ch07/corr2d"]
    assert _run(needing)["corr2d"](4, 0) == 2


def test_statements_that_share_a_line_are_told_apart(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("import math; train(); ü = math.pi; train()"),
        code("def corr2d(X, K):\n    return ü"),
    ).sources["ch07/corr2d"]
    assert "train" not in source.text
    assert _run(source)["corr2d"](0, 0) > 3


def test_decorators_come_along(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("import functools\n\n@functools.cache\ndef helper(X):\n    return X"),
        code("def corr2d(X, K):\n    return helper(X)"),
    ).sources["ch07/corr2d"]
    assert _run(source)["corr2d"](4, 0) == 4


def test_future_imports_come_first_wherever_they_stand(tmp_path: Path) -> None:
    source = _read(
        tmp_path,
        code("x = 1"),
        code("from __future__ import annotations\n\ndef corr2d(X: Tensor, K):\n    return X + K"),
    ).sources["ch07/corr2d"]
    assert source.text.startswith("from __future__ import annotations\n")
    assert source.locate(source.text.split("\n").index("def corr2d(X: Tensor, K):") + 1).line == 3
    assert _run(source)["corr2d"](1, 1) == 2


def test_display_is_harmless(tmp_path: Path) -> None:
    source = _read(tmp_path, code("def corr2d(X, K):\n    display(X)\n    return X + K")).sources["ch07/corr2d"]
    assert _run(source)["corr2d"](1, 1) == 2


def test_the_last_of_several_definitions_counts_and_a_note_says_so(tmp_path: Path) -> None:
    for last, result in ((CORR2D, 4), (WRONG, 2)):
        first = WRONG if last is CORR2D else CORR2D
        cells = [markdown("a"), markdown("b"), markdown("c"), code(first, "ch07/corr2d", id="same")]
        cells += [code("x = 1")] * 4 + [code(last, "ch07/corr2d", id="same")]
        source = _read(tmp_path, *cells).sources["ch07/corr2d"]
        assert _run(source)["corr2d"](3, 1) == result
        assert source.notes == ("corr2d is defined twice (cells 4 and 9); the last one counts.",)


def test_unmarked_copies_count_beside_marked_cells(tmp_path: Path) -> None:
    source = _read(tmp_path, code(WRONG, "ch07/corr2d"), code(CORR2D), code(CORR2D)).sources["ch07/corr2d"]
    assert _run(source)["corr2d"](1, 1) == 2
    assert source.notes == ("corr2d is defined three times (cells 1, 2 and 3); the last one counts.",)


def test_a_tag_marks_a_cell_where_a_site_has_dropped_our_metadata(tmp_path: Path) -> None:
    cell = {**code("corr_2d = None"), "metadata": {"tags": ["x", "d2l_kit:ch07/corr2d"]}}
    assert _read(tmp_path, cell).sources["ch07/corr2d"].text == "corr_2d = None\n"


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_in_a_cell_of_text_is_named(tmp_path: Path, kind: str) -> None:
    read = _read(tmp_path, *[code("x = 1")] * 6, markdown(CORR2D, kind))
    assert not read.sources
    assert read.problems["ch07/corr2d"].startswith(
        f"hw1.ipynb: corr2d is not found; cell 7 looks like code but is a {kind} cell."
    )


def test_a_notebook_without_the_answer_holds_nothing_of_the_exercise(tmp_path: Path) -> None:
    read = _read(tmp_path, markdown("Use `corr2d`."), code("x = 1"))
    assert (read.sources, read.problems) == ({}, {})


MAGICS = """
%%capture out
%%time
%matplotlib inline
!pip install \\
    d2l
import math
?math.sqrt
math.sqrt?
pip install d2l
%time root = math.sqrt(4)
%timeit math.sqrt(9)
if True:
    !ls
text = '''
%not a magic
!nor this
'''
total = (17
% 5)
"""


def test_magics_are_taken_out_line_for_line_and_the_code_they_hold_stays(tmp_path: Path) -> None:
    source = _read(tmp_path, code(MAGICS.strip("\n") + "\n" + CORR2D)).sources["ch07/corr2d"]
    names = _run(source)
    assert names["corr2d"](1, 1) == 2
    assert names["root"] == 2
    assert names["total"] == 2
    assert names["text"] == "\n%not a magic\n!nor this\n"
    assert source.locate(source.text.split("\n").index("def corr2d(X, K):") + 1).line == MAGICS.strip().count("\n") + 2


def test_the_notebook_of_the_field_reports_earns_all_and_notes_what_was_left_out(tmp_path: Path) -> None:
    read = _read(
        tmp_path,
        code("!pip install d2l\n%load x.py\n?torch"),
        code("%%capture\nimport math"),
        code("%%bash\nrm -rf /"),
        code("%%writefile helper.py\nx = 1"),
        code("t = %timeit -o 1 + 1\nfiles = !ls"),
        code("%%time\n" + CORR2D),
    )
    assert _run(read.sources["ch07/corr2d"])["corr2d"](1, 1) == 2
    assert not read.problems
    (note,) = read.notes
    assert note.startswith("hw1.ipynb: left out, as they speak to the notebook and not to Python: ")
    for part in (
        "`!pip install d2l` (cell 1, line 1)",
        "`%load x.py` (cell 1, line 2)",
        "`%%bash` (cell 3, line 1)",
    ):
        assert part in note
    assert "`%%writefile helper.py` (cell 4)" in note
    assert "%%time" not in note


@pytest.mark.parametrize("line", ["files = !ls", "t = %timeit -o f()", "a, b = !ls", "self.x[0] = %who"])
def test_a_value_from_the_notebook_is_an_error_only_where_the_exercise_needs_it(tmp_path: Path, line: str) -> None:
    own = _read(tmp_path, code(f"{CORR2D}\n{line}"))
    assert not own.sources
    assert own.problems["ch07/corr2d"].startswith(f"hw1.ipynb, cell 1, line 3: `{line}` takes its value from")
    assert _read(tmp_path, code(line), code(CORR2D)).sources.keys() == {"ch07/corr2d"}


def test_a_value_from_the_notebook_that_a_needed_name_gets_is_an_error(tmp_path: Path) -> None:
    read = _read(tmp_path, code("x = 1\nfiles = !ls"), code("def corr2d(X, K):\n    return files"))
    assert "cell 1, line 2" in read.problems["ch07/corr2d"]


def test_what_a_cell_writes_as_the_exercises_file_counts_as_that_file(tmp_path: Path) -> None:
    read = _read(
        tmp_path,
        code("%%writefile ch07/corr2d.py\nimport math\n" + WRONG),
        code(f"%%file 'corr2d.py'\n{CORR2D}"),
        code("%%writefile -a corr2d.py\nLAST = 1"),
    )
    source = read.sources["ch07/corr2d"]
    assert _run(source)["corr2d"](1, 1) == 2
    assert source.locate(source.text.split("\n").index("LAST = 1") + 1) == Location("hw1.ipynb", 2, 3)
    assert source.notes == ("corr2d.py is what %%writefile writes.",)


def test_an_answer_in_a_cell_of_another_language_is_named(tmp_path: Path) -> None:
    read = _read(tmp_path, code("%%script python\n" + CORR2D))
    assert "cell 1 looks like code but is a %%script cell" in read.problems["ch07/corr2d"]


def test_a_cell_that_is_not_python_is_named_and_the_rest_is_graded(tmp_path: Path) -> None:
    picture = {"data": {"image/png": "A" * (5 << 20)}, "output_type": "display_data"}
    read = _read(tmp_path, code("x = 1", outputs=[picture]), code("y"), code("x = 1\nx = (((\n"), code(CORR2D))
    assert read.sources.keys() == {"ch07/corr2d"}
    (note,) = read.notes
    assert note == "hw1.ipynb: cell 3, line 2: '(' was never closed; the cell is left out."
    assert "AAAA" not in str(read)


def test_an_answer_that_is_not_python_is_a_problem_by_cell_and_line(tmp_path: Path) -> None:
    broken = "def corr2d(X, K):\n    return X +"
    for cell in (code(broken), code(broken, "ch07/corr2d")):
        read = _read(tmp_path, code("x = 1"), code("y"), cell)
        assert read.problems["ch07/corr2d"].startswith("hw1.ipynb, cell 3, line 2: invalid syntax.")
    assert _read(tmp_path, code(CORR2D), code(broken)).sources.keys() == {"ch07/corr2d"}


def test_a_cell_that_is_indented_as_a_whole_is_moved_to_the_left(tmp_path: Path) -> None:
    read = _read(tmp_path, code(textwrap.indent(CORR2D, "    ")))
    assert _run(read.sources["ch07/corr2d"])["corr2d"](1, 1) == 2


@pytest.mark.parametrize(
    "cell",
    [
        "a = [1,\n%2]\n",
        "s = 'it''s %d' \\\n% 5\n!ls\n",
        's = """\n!ls\n""" + \'"""\'\n!ls\n',
        "x = 1 # it's (\n!ls\n",
        "f(r'\\')\n!ls",
        'f("{")\n%time y = 2',
    ],
)
def test_only_lines_at_which_a_statement_starts_speak_to_the_notebook(cell: str) -> None:
    left = plain(cell)
    assert len(left.text.split("\n")) == len(cell.split("\n"))
    assert all(line.startswith(("!", "%")) for line in left.dropped.values())
    changed = [a for a, b in zip(cell.split("\n"), left.text.split("\n"), strict=True) if a != b]
    assert changed in ([], ["!ls"], ["%time y = 2"])


def test_our_reading_of_magics_agrees_with_ipythons() -> None:
    manager = pytest.importorskip("IPython.core.inputtransformer2").TransformerManager()
    cells = [
        "a?\nb = 1",
        "%time\nx = 1",
        "x = !ls -l",
        "def f():\n    %time x = 1\n    return x",
        "??a\n%pip install b",
    ]
    cells += [
        "x = '''\n%a\n'''; y = 2\n!b",
        "%cd ~\n%cd\ny = [\n%1\n]",
        "if x:\n  !ls\n  y = %who\n%b",
        "f(x)?",
    ]
    for cell in cells:
        theirs = manager.transform_cell(cell).split("\n")
        spoken = {number for number, line in enumerate(theirs) if "get_ipython()" in line}
        ours = zip(cell.split("\n"), plain(cell).text.split("\n"), strict=True)
        assert spoken == {number for number, (before, after) in enumerate(ours) if before != after}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is not a notebook: it is not JSON"),
        ("not json", "is not a notebook: it is not JSON"),
        ("[]", "is not a notebook: its JSON is a list"),
        ('{"cells": 1}', "is not a notebook: it has no list of cells"),
        ('{"cells": [1]}', "is not a notebook: it has no list of cells"),
        ('{"worksheets": [{"cells": 1}, 2]}', ""),
        ('{"cells": [{"source": "x"}]}', "is not a notebook: cell 1 has no type or no text"),
        (
            '{"cells": [{"cell_type": "code", "source": [1]}]}',
            "is not a notebook: cell 1 has no type or no text",
        ),
        ("[" * 100_000, "is not a notebook: it is nested too deeply"),
        ('{"cells": [' + "[]," * 1_000_000 + "[]]}", "is not a notebook: it has more than 1000000 lists and objects"),
        ('{"cells": [' + "9" * 5000 + "]}", "is not a notebook: it is not JSON"),
        (b'{"cells": "\xff"}', "is not UTF-8: byte 0xff at 11"),
        (" " * ((16 << 20) + 1), "is larger than 16 MiB"),
    ],
)
def test_a_bad_notebook_is_named(tmp_path: Path, content: str | bytes, says: str) -> None:
    path = tmp_path / "alice" / "hw1.ipynb"
    path.parent.mkdir()
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    if says:
        with pytest.raises(SubmissionError) as caught:
            read_submission(path, exercises(tmp_path))
        assert f"hw1.ipynb {says}" in caught.value.message
        assert caught.value.remedy
    read = read_submission(path.parent, exercises(tmp_path))
    assert not read.sources
    assert not says or says in read.problems["ch07/corr2d"]


def test_cells_without_metadata_and_other_versions_of_the_format_are_read(tmp_path: Path) -> None:
    bare: dict[str, Any] = {"cell_type": "code", "source": ["def corr2d(X, K):\r\n", "    return X"]}
    path = tmp_path / "hw1.ipynb"
    for document in ({"cells": [bare]}, {"worksheets": [{"cells": [{**bare, "input": bare["source"]}]}]}):
        path.write_text("\ufeff" + json.dumps(document), encoding="utf-8")
        assert (
            read_submission(path, exercises(tmp_path)).sources["ch07/corr2d"].text
            == "def corr2d(X, K):\n    return X\n"
        )


@pytest.mark.parametrize("source", ["x = '\ud800'", "x = '\0'", "-" * 100_000 + "1", "nonlocal x", "x = " + "(" * 9000])
def test_cells_that_break_pythons_parser_are_left_out(tmp_path: Path, source: str) -> None:
    read = _read(tmp_path, code(source), code(CORR2D))
    assert read.sources.keys() == {"ch07/corr2d"}
    assert "cell 1, line 1" in read.notes[0]


def test_more_text_or_statements_than_anyone_writes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="hold more than 1 MiB of text"):
        _read(tmp_path, *[code("#" * 600_000)] * 2)
    with pytest.raises(SubmissionError, match="has more than 10000 statements"):
        _read(tmp_path, code("x=1\n" * 10_001))
    with pytest.raises(SubmissionError, match="it has 5001 cells"):
        _read(tmp_path, *[code("")] * 5001)


def test_the_notebook_names_its_assignment(tmp_path: Path) -> None:
    path = tmp_path / "hw1.ipynb"
    path.write_text(notebook(code(CORR2D), d2l_kit={"assignment": "hw1"}), encoding="utf-8")
    assert read_submission(path, exercises(tmp_path)).mark == "hw1"


def test_of_two_notebooks_the_first_counts(tmp_path: Path) -> None:
    folder = tmp_path / "alice"
    folder.mkdir()
    (folder / "hw1.ipynb").write_text(notebook(code(CORR2D)), encoding="utf-8")
    (folder / "hw1-Copy1.ipynb").write_text(notebook(code(WRONG)), encoding="utf-8")
    source = read_submission(folder, exercises(tmp_path)).sources["ch07/corr2d"]
    assert source.text == CORR2D + "\n"
    assert source.notes == ("hw1.ipynb counts, not hw1-Copy1.ipynb.",)


def _read(tmp_path: Path, *cells: dict[str, Any]) -> Submission:
    path = tmp_path / "hw1.ipynb"
    path.write_text(notebook(*cells), encoding="utf-8")
    return read_submission(path, exercises(tmp_path))


def _run(source: Source) -> dict[str, Any]:
    """What a source of this file's own defines."""
    names: dict[str, Any] = {"__name__": "corr2d"}
    exec(compile(source.text, source.file, "exec"), names)
    return names
