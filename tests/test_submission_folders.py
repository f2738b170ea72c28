"""Reading folders and single .py files: where exercises are found, what is text, what is never opened."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from d2l_kit.errors import MachineError, SubmissionError
from d2l_kit.submission import read_submission
from submission_samples import GOOD, exercises, notebook, zipped


def test_importing_the_package_imports_neither_a_notebook_library_nor_torch() -> None:
    script = (
        "import sys, d2l_kit.submission;"
        "print({'nbformat', 'IPython', 'jsonschema', 'torch', 'numpy', 'pytest'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "place",
    [
        "corr2d.py",
        "ch07/corr2d.py",
        "ch07_cnn/corr2d.py",
        "ch7/corr2d.py",
        "Chapter 7/Corr2D.PY",
        "homework/corr2d.py",
        "homework/ch07/corr2d.py",
        "a/b/c/corr2d.py",
        "work/ch07/part one/corr2d.py",
    ],
)
def test_an_exercise_is_found_by_its_name_wherever_students_put_it(tmp_path: Path, place: str) -> None:
    _write(tmp_path / "alice" / place, GOOD)
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert read.name == "alice"
    assert read.sources.keys() == {"ch07/corr2d"}
    assert read.sources["ch07/corr2d"].text == GOOD
    assert read.sources["ch07/corr2d"].file == place
    assert not read.problems


def test_a_file_in_another_chapters_folder_is_not_taken(tmp_path: Path) -> None:
    _write(tmp_path / "alice/ch08/corr2d.py", GOOD)
    assert not read_submission(tmp_path / "alice", exercises(tmp_path)).sources


def test_of_two_candidates_the_one_in_the_chapters_folder_counts_and_a_note_says_so(tmp_path: Path) -> None:
    _write(tmp_path / "alice/corr2d.py", "old")
    _write(tmp_path / "alice/ch07/corr2d.py", GOOD)
    source = read_submission(tmp_path / "alice", exercises(tmp_path)).sources["ch07/corr2d"]
    assert source.text == GOOD
    assert source.notes == ("ch07/corr2d.py counts, not corr2d.py.",)


def test_a_name_that_two_chapters_share_must_lie_in_a_chapters_folder(tmp_path: Path) -> None:
    (first,) = exercises(tmp_path / "one", "corr2d")
    second = type(first)("ch08", "corr2d", "Other", (), "function", 2, 10, first.files)
    _write(tmp_path / "alice/corr2d.py", GOOD)
    read = read_submission(tmp_path / "alice", [first, second])
    assert not read.sources
    assert "ch07/corr2d, ch08/corr2d" in read.problems["ch08/corr2d"]
    _write(tmp_path / "alice/ch08/corr2d.py", GOOD)
    assert read_submission(tmp_path / "alice", [first, second]).sources.keys() == {"ch08/corr2d"}


@pytest.mark.parametrize(
    "leftover",
    [
        "__MACOSX/corr2d.py",
        "._corr2d.py",
        ".ipynb_checkpoints/corr2d.py",
        ".venv/corr2d.py",
        "__pycache__/corr2d.py",
    ],
)
def test_leftovers_of_systems_and_editors_are_not_taken(tmp_path: Path, leftover: str) -> None:
    _write(tmp_path / "alice" / leftover, GOOD)
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert not read.sources
    assert not read.problems
    assert read.notes == ("alice is empty: it holds no .py and no .ipynb.",)


@pytest.mark.parametrize("name", ["corr2d (1).py", "corr2d-1.py", "corr2d copy.py", "corr_2d.py", "answer.py"])
def test_a_file_under_a_wrong_name_is_not_graded_but_named(tmp_path: Path, name: str) -> None:
    _write(tmp_path / "alice/ch07" / name, GOOD)
    problem = read_submission(tmp_path / "alice", exercises(tmp_path)).problems["ch07/corr2d"]
    assert problem == f"corr2d.py is not found; ch07/{name} looks like it. Rename it to corr2d.py."


def test_another_exercises_file_that_defines_a_helper_of_that_name_is_not_mistaken_for_it(tmp_path: Path) -> None:
    _write(tmp_path / "alice/ch07/pool2d.py", GOOD + "\n\ndef pool2d(X, size): ...\n")
    (corr2d,) = (e for e in exercises(tmp_path) if e.name == "corr2d")
    read = read_submission(tmp_path / "alice", [corr2d])
    assert (read.sources, read.problems) == ({}, {})


def test_folders_in_any_unicode_normal_form_are_read(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        outer, inner = (os.fsdecode(unicodedata.normalize(form, name).encode()) for name in ("Daniël", "Übung"))
        folder = tmp_path / form / outer
        _write(folder / inner / "corr2d.py", GOOD)
        read = read_submission(folder, exercises(tmp_path))
        assert read.name == unicodedata.normalize("NFC", "Daniël")
        assert read.sources.keys() == {"ch07/corr2d"}


TEXT = 'def corr2d(X, K):\n    """Привет 🙂"""\n\x0c\n    return X  # ü\n'


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
    ],
    ids=["utf-8", "byte order mark", "CRLF", "CR"],
)
def test_every_way_to_save_utf_8_gives_the_same_text(tmp_path: Path, data: bytes) -> None:
    _write(tmp_path / "corr2d.py", data)
    assert read_submission(tmp_path / "corr2d.py", exercises(tmp_path)).sources["ch07/corr2d"].text == TEXT


def test_a_coding_line_is_honoured(tmp_path: Path) -> None:
    text = "# -*- coding: latin-1 -*-\nname = 'Zoë'\n"
    _write(tmp_path / "corr2d.py", text.encode("latin-1"))
    assert read_submission(tmp_path / "corr2d.py", exercises(tmp_path)).sources["ch07/corr2d"].text == text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("x = 1\n".encode("utf-16"), "corr2d.py is not UTF-8: byte 0xff at 0; it looks like UTF-16."),
        ("x = 1\n".encode("utf-16-be"), "corr2d.py is not UTF-8 text: a NUL byte (0x00) at 0."),
        (b"x = 1\n# Zo\xeb\n", "corr2d.py is not UTF-8: byte 0xeb at 10 (line 2)."),
        (b"\n\n\n# Zo\xeb\n", "corr2d.py is not UTF-8: byte 0xeb at 7 (line 4)."),
        (b"# coding: ascii\n\n# Zo\xeb\n", "corr2d.py is not ASCII: byte 0xeb at 21 (line 3)."),
        (b"# coding: klingon\n", "corr2d.py: its coding line cannot be used: unknown encoding: klingon."),
        (b"# coding: rot13\nk = 1\n", "corr2d.py: its coding line names rot13, which is not for text."),
        (
            b"# coding: raw_unicode_escape\nk = '\\ud800'\n",
            "corr2d.py holds half of a surrogate pair (U+D800) on line 2.",
        ),
        (b"x = 1\0\n", "corr2d.py is not UTF-8 text: a NUL byte (0x00) at 5."),
        (b"#" * (2 << 20), "corr2d.py is larger than 256 KiB."),
    ],
)
def test_what_is_not_text_is_a_problem_that_names_file_and_byte(tmp_path: Path, data: bytes, says: str) -> None:
    _write(tmp_path / "alice/corr2d.py", data)
    _write(tmp_path / "alice/pool2d.py", "pass\n")
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert read.problems["ch07/corr2d"].startswith(says)
    assert read.sources.keys() == {"ch07/pool2d"}


def test_a_source_that_does_not_parse_is_handed_on(tmp_path: Path) -> None:
    _write(tmp_path / "corr2d.py", "def corr2d(:\n")
    assert read_submission(tmp_path / "corr2d.py", exercises(tmp_path)).sources["ch07/corr2d"].text == "def corr2d(:\n"


def test_a_link_is_refused_by_name_and_never_followed(tmp_path: Path) -> None:
    _write(tmp_path / "bob/ch07/corr2d.py", "secret = 1\n")
    (tmp_path / "alice").mkdir()
    (tmp_path / "alice/corr2d.py").symlink_to(tmp_path / "bob/ch07/corr2d.py")
    (tmp_path / "alice/ch07").symlink_to(tmp_path / "bob/ch07")
    (tmp_path / "mallory").symlink_to(tmp_path / "bob")
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert not read.sources
    assert "corr2d.py is a symbolic link" in read.problems["ch07/corr2d"]
    assert "ch07 is a symbolic link, which is never followed." in read.notes
    with pytest.raises(SubmissionError, match="mallory is a symbolic link"):
        read_submission(tmp_path / "mallory", exercises(tmp_path))


def test_a_fifo_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "alice").mkdir()
    os.mkfifo(tmp_path / "alice/corr2d.py")
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert "corr2d.py is a FIFO, not a file" in read.problems["ch07/corr2d"]
    single = read_submission(tmp_path / "alice/corr2d.py", exercises(tmp_path))
    assert "corr2d.py is a FIFO, not a file" in single.problems["ch07/corr2d"]


def test_a_folder_called_corr2d_py_is_a_problem(tmp_path: Path) -> None:
    _write(tmp_path / "alice/corr2d.py/corr2d.py", GOOD)
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert "corr2d.py is a folder, not a file" in read.problems["ch07/corr2d"]


def test_an_unreadable_file_is_that_exercises_problem_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "alice/corr2d.py", GOOD)
    _write(tmp_path / "alice/pool2d.py", "pass\n")
    _fail_to_open(monkeypatch, "corr2d.py", PermissionError(13, "Permission denied"))
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert read.problems["ch07/corr2d"].startswith("corr2d.py cannot be read: Permission denied.")
    assert read.sources.keys() == {"ch07/pool2d"}


def test_a_machine_out_of_descriptors_is_not_the_students_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "alice/corr2d.py", GOOD)
    _fail_to_open(monkeypatch, "corr2d.py", OSError(24, "Too many open files"))
    with pytest.raises(MachineError, match="Too many open files"):
        read_submission(tmp_path / "alice", exercises(tmp_path))


def test_a_single_file_under_any_name_is_the_exercise_it_defines(tmp_path: Path) -> None:
    _write(tmp_path / "alice_1234_homework.py", GOOD + "\n\ndef pool2d(X, size):\n    return X\n")
    read = read_submission(tmp_path / "alice_1234_homework.py", exercises(tmp_path))
    assert read.sources.keys() == {"ch07/corr2d", "ch07/pool2d"}
    assert "is taken for corr2d, pool2d" in read.notes[0]


def test_a_single_file_that_defines_nothing_is_the_only_exercise_asked_for(tmp_path: Path) -> None:
    _write(tmp_path / "alice.py", "def (:\n")
    read = read_submission(tmp_path / "alice.py", exercises(tmp_path, "corr2d"))
    assert read.sources["ch07/corr2d"].text == "def (:\n"
    with pytest.raises(SubmissionError, match=r"alice\.py is named after no exercise"):
        read_submission(tmp_path / "alice.py", exercises(tmp_path))


def test_an_empty_folder_is_a_submission_with_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "alice").mkdir()
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert (read.sources, read.problems) == ({}, {})


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.py", "does not exist"),
        ("missing/corr2d.py", "does not exist"),
        ("essay.docx", "essay.docx is of no kind that is read here"),
        ("work.7z", "work.7z is a .7z archive, which is not read here"),
        ("work.rar", "work.rar is a .rar archive, which is not read here"),
        ("work.tar.bz2", "work.tar.bz2 is a .bz2 archive, which is not read here"),
    ],
)
def test_what_cannot_be_read_at_all_is_refused_with_a_remedy(tmp_path: Path, name: str, says: str) -> None:
    if "missing" not in name:
        _write(tmp_path / name, "?")
    with pytest.raises(SubmissionError, match=says) as caught:
        read_submission(tmp_path / name, exercises(tmp_path))
    assert caught.value.remedy


def test_the_workspaces_file_names_the_assignment(tmp_path: Path) -> None:
    _write(tmp_path / "alice/d2l-kit.toml", 'format = 1\nassignment = "hw1"\n')
    _write(tmp_path / "alice/ch07/corr2d.py", GOOD)
    assert read_submission(tmp_path / "alice", exercises(tmp_path)).mark == "hw1"
    _write(tmp_path / "alice/d2l-kit.toml", "assignment = [[[\n")
    assert read_submission(tmp_path / "alice", exercises(tmp_path)).mark == ""


def test_a_zip_in_a_folder_is_opened_only_where_no_code_lies_beside_it(tmp_path: Path) -> None:
    _write(tmp_path / "alice/hw.zip", zipped({"ch07/corr2d.py": GOOD}))
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert read.sources["ch07/corr2d"].file == "hw.zip/ch07/corr2d.py"
    _write(tmp_path / "alice/pool2d.py", "pass\n")
    assert read_submission(tmp_path / "alice", exercises(tmp_path)).sources.keys() == {"ch07/pool2d"}


def test_a_file_goes_before_a_notebook_with_a_note(tmp_path: Path) -> None:
    _write(tmp_path / "alice/ch07/corr2d.py", GOOD)
    cell = {"cell_type": "code", "metadata": {}, "source": "def corr2d(X, K):\n    return 0\n"}
    _write(tmp_path / "alice/hw1.ipynb", notebook(cell))
    source = read_submission(tmp_path / "alice", exercises(tmp_path)).sources["ch07/corr2d"]
    assert source.text == GOOD
    assert source.notes == ("ch07/corr2d.py counts, not hw1.ipynb.",)


def test_the_last_file_of_a_folder_of_ten_thousand_costs_no_more_than_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("d2l_kit.submission._files.MAX_FILES", 20)
    _write(tmp_path / "alice/ch07/corr2d.py", GOOD)
    for number in range(30):
        _write(tmp_path / "alice/data/deep" / f"{number}.csv", "1")
    read = read_submission(tmp_path / "alice", exercises(tmp_path))
    assert read.sources.keys() == {"ch07/corr2d"}
    assert read.notes == ("More than 20 files: those deepest down were not looked at.",)


def test_names_cannot_smuggle_control_characters_into_messages(tmp_path: Path) -> None:
    _write(tmp_path / "alice/\x1b[31m\nch07/corr2d.py", b"\xff")
    _write(tmp_path / "alice/other/pool2d.py", b"")
    (problem,) = read_submission(tmp_path / "alice", exercises(tmp_path)).problems.values()
    assert "\x1b" not in problem
    assert "\n" not in problem


def _write(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _fail_to_open(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    really = os.open

    def opening(path: str | Path, *arguments: int) -> int:
        if Path(path).name == name:
            raise error
        return really(path, *arguments)

    monkeypatch.setattr(os, "open", opening)
