"""Finding the submissions of a class: folders, single files, the zips that learning platforms give out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from d2l_kit.errors import SubmissionError
from d2l_kit.submission import list_class, read_submission
from submission_samples import GOOD, exercises, notebook, tarred, zipped


def test_each_entry_of_a_class_folder_is_a_submission_named_by_it(tmp_path: Path) -> None:
    folder = _class(tmp_path, "carol.py", "bob.zip", "dave.tar.gz", "erin.ipynb", "frank.7z", "alice/corr2d.py")
    entries, notes = list_class([folder])
    assert [entry.name for entry in entries] == ["alice", "bob", "carol", "dave", "erin", "frank"]
    assert [entry.path.name for entry in entries][1] == "bob.zip"
    assert not notes


def test_what_is_no_submission_is_ignored_with_a_note(tmp_path: Path) -> None:
    folder = _class(
        tmp_path,
        "alice/corr2d.py",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "__MACOSX/x",
        ".git/x",
        "roster.csv",
    )
    os.mkfifo(folder / "pipe.py")
    entries, (note,) = list_class([folder])
    assert [entry.name for entry in entries] == ["alice"]
    assert note.endswith("ignored: .DS_Store, .git, __MACOSX, desktop.ini, pipe.py, roster.csv, Thumbs.db.")


def test_one_bad_submission_stops_no_other(tmp_path: Path) -> None:
    folder = _class(tmp_path, "alice/corr2d.py", "carol/corr2d.py")
    (folder / "bob").mkdir()
    (folder / "mallory").symlink_to(folder / "alice")
    (folder / "trent.zip").write_bytes(b"?")
    (folder / "victor.zip").write_bytes(zipped({"../../etc/cron.d/x": "1"}))
    outcomes = {}
    for entry in list_class([folder])[0]:
        try:
            read = read_submission(entry.path, exercises(tmp_path), entry.name)
            outcomes[entry.name] = "graded" if read.sources else read.notes[0]
        except SubmissionError as error:
            outcomes[entry.name] = error.message
    assert outcomes["alice"] == outcomes["carol"] == "graded"
    assert outcomes["bob"] == "bob is empty: it holds no .py and no .ipynb."
    assert "mallory is a symbolic link" in outcomes["mallory"]
    assert "trent.zip is not a readable archive" in outcomes["trent"]
    assert "'../../etc/cron.d/x' leads out of the archive" in outcomes["victor"]


def test_single_submissions_are_taken_as_they_are(tmp_path: Path) -> None:
    folder = _class(tmp_path, "x/d2l-kit.toml", "y/ch07/corr2d.py", "z/corr2d.py", "notes.ipynb")
    paths = [folder / "x", folder / "y", folder / "z", folder / "notes.ipynb"]
    entries, _ = list_class(paths, exercises(tmp_path))
    assert [(entry.name, entry.path) for entry in entries] == [(path.stem, path) for path in paths]


def test_a_path_that_a_person_typed_may_be_a_link(tmp_path: Path) -> None:
    folder = _class(tmp_path, "alice/corr2d.py")
    (tmp_path / "link").symlink_to(folder)
    (entry,), _ = list_class([tmp_path / "link"])
    assert read_submission(entry.path, exercises(tmp_path)).sources


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    first = _class(tmp_path / "group1", "alice/corr2d.py", "alice.zip", "Alice.py")
    second = _class(tmp_path / "group2", "alice/corr2d.py")
    entries, notes = list_class([first, second])
    assert len({entry.name.casefold() for entry in entries}) == len(entries) == 4
    assert len(notes) == 3


def test_a_name_is_safe_as_the_name_of_a_file(tmp_path: Path) -> None:
    folder = _class(tmp_path, "a\n\x1b[31m:b/corr2d.py", "x" * 200 + "/corr2d.py")
    names = [entry.name for entry in list_class([folder])[0]]
    assert names == ["a__[31m_b", "x" * 80]


def test_a_platforms_zip_of_zips_is_a_class_and_each_student_is_read_alone(tmp_path: Path) -> None:
    good = zipped({"project/ch07/corr2d.py": GOOD, "__MACOSX/project/._corr2d.py": b"\0"})
    files: dict[str, bytes | str] = {
        "bulk/alice_1_2.zip": good,
        "bulk/bob_3_4.tar.gz": tarred([("corr2d.py", GOOD, {})]),
        "bulk/Daniël.zip": good,
        "bulk/mallory.7z": b"7z\xbc\xaf\x27\x1c",
        "bulk/oscar.zip": zipped({"a.zip": good}),
        "bulk/trent.py": GOOD,
        "bulk/readme.txt": "?",
        "__MACOSX/bulk/._alice_1_2.zip": b"\0",
    }
    path = tmp_path / "bulk.zip"
    path.write_bytes(zipped(files))
    entries, (note,) = list_class([path])
    assert [entry.name for entry in entries] == [
        "alice_1_2",
        "bob_3_4",
        "Daniël",
        "mallory",
        "oscar",
        "trent",
    ]
    assert "readme.txt" in note
    outcomes = {entry.name: _outcome(entry.path, tmp_path) for entry in entries}
    assert all(outcomes.pop(name) == "graded" for name in ("alice_1_2", "bob_3_4", "Daniël", "trent"))
    assert "mallory.7z is a .7z archive" in outcomes["mallory"]
    assert "3 levels deep" in outcomes["oscar"]


def test_a_moodle_zip_of_folders_is_a_class(tmp_path: Path) -> None:
    path = tmp_path / "hw1.zip"
    path.write_bytes(
        zipped(
            {
                "Ada Lovelace_11_assignsubmission_file_/corr2d.py": GOOD,
                "Alan Turing_12_assignsubmission_file_/work.zip": zipped({"corr2d.py": GOOD}),
                "Grace Hopper_13_assignsubmission_file_/hw.ipynb": notebook(),
            }
        )
    )
    entries, _ = list_class([path])
    assert [entry.name for entry in entries] == ["Ada Lovelace_11", "Alan Turing_12", "Grace Hopper_13"]
    assert [_outcome(entry.path, tmp_path) for entry in entries[:2]] == ["graded", "graded"]
    assert not read_submission(entries[2].path, exercises(tmp_path)).sources


@pytest.mark.parametrize(
    "files",
    [
        {"ch07/corr2d.py": GOOD, "ch08/resnet.py": GOOD},
        {"ch07.zip": b"?", "ch08.zip": b"?"},
        {"work.zip": b"?"},
        {"corr2d.py": GOOD, "data1.zip": b"?"},
        {},
    ],
)
def test_one_students_zip_is_one_submission(tmp_path: Path, files: dict[str, bytes | str]) -> None:
    path = tmp_path / "alice.zip"
    path.write_bytes(zipped(files))
    entries, _ = list_class([path])
    assert [(entry.name, entry.path) for entry in entries] == [("alice", path)]


def test_a_hostile_name_in_a_platforms_zip_concerns_nobody_else(tmp_path: Path) -> None:
    good = zipped({"corr2d.py": GOOD})
    path = tmp_path / "bulk.zip"
    path.write_bytes(zipped({"alice.zip": good, "bob.zip": good, "../evil.zip": good, "a/../../b.zip": good}))
    entries, _ = list_class([path])
    assert [_outcome(entry.path, tmp_path) for entry in entries] == ["graded", "graded"]


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="cannot be read: No such file"):
        list_class([tmp_path / "missing"])


def _outcome(path: Path, tmp_path: Path) -> str:
    try:
        return "graded" if read_submission(path, exercises(tmp_path)).sources else "nothing"
    except SubmissionError as error:
        return error.message


def _class(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "class"
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD, encoding="utf-8")
    return folder
