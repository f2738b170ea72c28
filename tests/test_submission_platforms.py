"""Downloads of Canvas, Moodle, Gradescope, nbgrader and git hosts, as they come."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from d2l_kit.errors import SubmissionError
from d2l_kit.submission import ClassEntry, digest_of, list_class, read_submission
from submission_samples import GOOD, exercises, zipped

POOL = "def pool2d(X, size):\n    return X\n"
CANVAS: dict[str, bytes | str] = {
    "lovelaceada_4711_90210_corr2d-1.py": GOOD,
    "lovelaceada_4711_90211_pool2d.py": POOL,
    "turingalan_LATE_4712_90215_hw2-2.zip": zipped({"hw2/ch07/corr2d.py": GOOD}),
    "müllerjürgen_4713_90218_corr2d.py": "def corr2d(X, K)\n    return X\n",
    "LATE_anon_xY3zQ_90220_corr2d.py": GOOD,
}
METADATA = """---
submission_111:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0042'
    :email: ada@example.edu
  :created_at: 2026-11-20 10:00:00.123456789 Z
  :score: 3.0
  :results: {}
  :history:
  - :id: 100
    :created_at: 2026-11-19 10:00:00.000000000 Z
submission_112:
  :submitters:
  - :name: Alan Turing
    :sid: 0043
    :email: alan@example.edu
  - :name: Grace Hopper
    :sid:
    :email: grace@example.edu
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-11-21 10:00:00.000000000 Z
    zone: Pacific
"""


def test_canvas_names_tell_student_attempt_and_lateness(tmp_path: Path) -> None:
    for path in (_folder(tmp_path, CANVAS), _zip(tmp_path, CANVAS)):
        found = {entry.name: entry for entry in list_class([path])[0]}
        assert set(found) == {"lovelaceada_4711", "turingalan_4712", "müllerjürgen_4713", "anon_xY3zQ"}
        told = found["turingalan_4712"].told
        assert (told.candidates, told.key) == (("4712", "turingalan"), "canvas_id")
        assert (told.attempt, told.marked_late, told.platform) == (3, True, "Canvas")
        assert not found["lovelaceada_4711"].told.marked_late
        assert found["anon_xY3zQ"].told.candidates == ("xY3zQ",)


def test_several_canvas_files_of_one_student_are_one_submission_under_their_own_names(tmp_path: Path) -> None:
    for path in (_folder(tmp_path, CANVAS), _zip(tmp_path, CANVAS)):
        found = {entry.name: entry for entry in list_class([path])[0]}
        read = _read(found["lovelaceada_4711"], tmp_path)
        assert {name: source.file for name, source in read.sources.items()} == {
            "ch07/corr2d": "corr2d.py",
            "ch07/pool2d": "pool2d.py",
        }
        assert "ch07/corr2d" in _read(found["turingalan_4712"], tmp_path).sources
        # a syntax error, too, is the exercise's that the student named the file after
        assert _read(found["müllerjürgen_4713"], tmp_path).sources["ch07/corr2d"].file == "corr2d.py"


def test_a_submission_of_several_files_changes_only_with_its_own_files(tmp_path: Path) -> None:
    folder = _folder(tmp_path, CANVAS)
    entry = next(entry for entry in list_class([folder])[0] if entry.name == "lovelaceada_4711")
    before = digest_of(entry.path)
    (folder / "turingalan_LATE_4712_90215_hw2-2.zip").write_bytes(b"?")
    assert digest_of(entry.path) == before
    (folder / "lovelaceada_4711_90211_pool2d.py").write_text("", encoding="utf-8")
    assert digest_of(entry.path) != before


def test_two_canvas_downloads_in_one_folder_are_two_attempts(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "lovelaceada_LATE_4711_90300_hw2-1.zip": zipped({"corr2d.py": GOOD}),
        "lovelaceada_4711_90210_hw2.zip": zipped({"corr2d.py": GOOD}),
        "turingalan_4712_90400_hw2-1.zip": zipped({"corr2d.py": GOOD}),
        "turingalan_4712_90211_hw2.zip": zipped({"corr2d.py": GOOD}),
    }
    entries, _ = list_class([_folder(tmp_path, files)])
    told = [(entry.told.person, entry.told.attempt, entry.told.serial) for entry in entries]
    assert told == [
        ("lovelaceada_4711", 1, 90210),
        ("lovelaceada_4711", 2, 90300),
        ("turingalan_4712", 1, 90211),
        ("turingalan_4712", 2, 90400),
    ]
    assert len({entry.name for entry in entries}) == 4


@pytest.mark.parametrize("mark", ["_assignsubmission_file_/", "_assignsubmission_file/", "_assignsubmission_file_"])
def test_moodle_folders_and_loose_files_tell_the_participant(tmp_path: Path, mark: str) -> None:
    files: dict[str, bytes | str] = {
        f"Ada Lovelace_11{mark}corr2d.py": GOOD,
        f"Ada Lovelace_11{mark}pool2d.py": POOL,
        f"Alan Turing_12{mark}corr2d.py": GOOD,
        "Alan Turing_12_assignsubmission_onlinetext/onlinetext.html": "<p>done</p>",
    }
    for path in (_folder(tmp_path, files), _zip(tmp_path, files)):
        entries, notes = list_class([path])
        assert [entry.name for entry in entries] == ["Ada Lovelace_11", "Alan Turing_12"]
        assert entries[0].told.candidates == ("11", "Ada Lovelace")
        assert entries[0].told.key == "moodle_id"
        assert set(_read(entries[0], tmp_path).sources) == {"ch07/corr2d", "ch07/pool2d"}
        assert "onlinetext" in notes[0]


def test_a_gradescope_export_tells_who_when_and_which_attempt(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "assignment_9_export/submission_metadata.yml": METADATA,
        "assignment_9_export/submission_111/corr2d.py": GOOD,
        "assignment_9_export/submission_112/corr2d.py": GOOD,
        "assignment_9_export/submission_113/corr2d.py": GOOD,
    }
    for path in (_folder(tmp_path, files) / "assignment_9_export", _zip(tmp_path, files)):
        entries, notes = list_class([path])
        found = {entry.name: entry for entry in entries}
        assert set(found) == {"0042", "0043", "grace@example.edu", "submission_113"}
        told = found["0042"].told
        assert told.candidates == ("0042", "ada@example.edu", "Ada Lovelace")
        assert (told.at, told.attempt, told.serial) == (datetime(2026, 11, 20, 10, 0, 0, 123456, UTC), 2, 111)
        assert found["grace@example.edu"].told.at == datetime(2026, 11, 21, 10, tzinfo=UTC)
        assert notes == ["submission_112 is the work of 2: it is graded for each of them."]
        assert all(_read(entry, tmp_path).sources for entry in entries)


@pytest.mark.parametrize(
    "text",
    [
        "- 1",
        "a: [",
        "a: !!python/object/apply:os.system ['true']",
        "[" * 5000,
        "a: &a [*a]\nb: {c: *d}",
        "x: 1999-99-99",
    ],
)
def test_damaged_or_hostile_metadata_is_refused_or_read_as_plain_text(tmp_path: Path, text: str) -> None:
    folder = _folder(tmp_path, {"submission_metadata.yml": text, "submission_1/corr2d.py": GOOD})
    try:
        entries, _ = list_class([folder])
    except SubmissionError as error:
        assert "submission_metadata.yml cannot be read" in error.message
    else:
        assert [entry.name for entry in entries] == ["submission_1"]


def test_a_zip_with_damaged_metadata_is_not_taken_for_one_submission(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"submission_metadata.yml": "a: [", "submission_1/corr2d.py": GOOD})
    with pytest.raises(SubmissionError, match=r"submission_metadata\.yml cannot be read: it is no YAML, line 2"):
        list_class([path])


def test_nbgraders_submitted_folder_is_read_one_assignment_at_a_time(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        {
            "submitted/ada/hw2/corr2d.py": GOOD,
            "submitted/ada/hw2/timestamp.txt": "2026-11-20 10:00:00.5 UTC\n",
            "submitted/ada/hw1/corr2d.py": GOOD,
            "submitted/ben/hw2/corr2d.py": GOOD,
        },
    )
    with pytest.raises(SubmissionError, match="holds several assignments: hw1, hw2"):
        list_class([folder / "submitted"])
    expected = {"ada": datetime(2026, 11, 20, 10, 0, 0, 500000, UTC), "ben": None}
    entries, _ = list_class([folder / "submitted"], assignment="hw2")
    assert {entry.name: entry.told.at for entry in entries} == expected
    _, notes = list_class([folder / "submitted"], assignment="hw1")
    assert any("nothing for hw1 from ben." in note for note in notes)
    (typed,), _ = list_class([folder / "submitted/ada/hw2"])
    assert (typed.name, typed.told.at) == ("ada", expected["ada"])


@pytest.mark.parametrize("top", ["submitted/", "course/", ""])
def test_a_zip_of_nbgraders_submitted_folder_is_read_as_the_folder_is(tmp_path: Path, top: str) -> None:
    file = tmp_path / "download.zip"
    content: dict[str, bytes | str] = {
        f"{top}ada/hw2/corr2d.py": GOOD,
        f"{top}ada/hw2/timestamp.txt": "2026-11-20 10:00:00.5 UTC\n",
        f"{top}ada/hw1/corr2d.py": GOOD,
        f"{top}ben/hw2/corr2d.py": GOOD,
        f"{top}cleo/hw1/corr2d.py": GOOD,
    }
    file.write_bytes(zipped(content))
    with pytest.raises(SubmissionError, match="holds several assignments: hw1, hw2"):
        list_class([file])
    entries, notes = list_class([file], assignment="hw2")
    at = datetime(2026, 11, 20, 10, 0, 0, 500000, UTC)
    assert {entry.name: entry.told.at for entry in entries} == {"ada": at, "ben": None}
    assert any("nothing for hw2 from cleo." in note for note in notes)
    assert all(digest_of(entry.path) != digest_of(file) for entry in entries)
    for entry in entries:
        assert read_submission(entry.path, exercises(tmp_path), entry.name).sources


def test_nbgraders_exchange_names_tell_student_and_time(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        {
            "ada+hw2+2026-11-21 10:00:00.000000 UTC+mG5v-w_A1234/corr2d.py": GOOD,
            "ada+hw2+2026-11-20 10:00:00.000000 UTC+AAAABBBBCCCC/corr2d.py": GOOD,
            "b+b+hw2+2026-11-20 10:00:00 +0100/corr2d.py": GOOD,
            "ada+hw1+2026-11-01 10:00:00 UTC/corr2d.py": GOOD,
        },
    )
    entries, _ = list_class([folder], assignment="hw2")
    assert [(e.name, e.told.person, e.told.at and e.told.at.astimezone(UTC).isoformat()) for e in entries] == [
        ("ada", "ada", "2026-11-20T10:00:00+00:00"),
        ("ada-2", "ada", "2026-11-21T10:00:00+00:00"),
        ("b+b", "b+b", "2026-11-20T09:00:00+00:00"),
    ]


def test_a_git_repositorys_own_files_are_neither_read_nor_counted(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path, {"hw2-ada/corr2d.py": GOOD, "hw2-ada/.git/config": "?", "hw2-ada/.git/hooks/corr2d.py": "?"}
    )
    (entry,), _ = list_class([folder])
    before = digest_of(entry.path)
    (folder / "hw2-ada/.git/index").write_bytes(b"new")
    assert digest_of(entry.path) == before
    assert _read(entry, tmp_path).sources["ch07/corr2d"].text == GOOD


def test_ordinary_names_are_left_alone(tmp_path: Path) -> None:
    folder = _folder(tmp_path, {"hw_2_final.py": GOOD, "ada_7_8.py": GOOD, "submission_1/corr2d.py": GOOD})
    entries, _ = list_class([folder])
    assert [entry.name for entry in entries] == ["ada_7_8", "hw_2_final", "submission_1"]
    assert not any(entry.told.platform for entry in entries)


def _read(entry: ClassEntry, tmp_path: Path):  # type: ignore[no-untyped-def]
    return read_submission(entry.path, exercises(tmp_path), entry.name)


def _folder(tmp_path: Path, files: dict[str, bytes | str]) -> Path:
    folder = tmp_path / "class"
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def _zip(tmp_path: Path, files: dict[str, bytes | str]) -> Path:
    path = tmp_path / "submissions.zip"
    path.write_bytes(zipped(files))
    return path
