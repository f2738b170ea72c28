"""Platforms that lay a class out in folders of their own: Gradescope's export, nbgrader's course folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from d2l_kit.errors import SubmissionError
from d2l_kit.submission._files import read_file, unreadable
from d2l_kit.submission._model import ClassEntry, Told
from d2l_kit.submission._names import CODE, chapter_number, folded, is_archive, is_leftover, shown, suffix_of, title_of
from d2l_kit.submission._platforms import (
    GRADESCOPE,
    GRADESCOPE_FILE,
    MAX_TIMESTAMP,
    NBGRADER,
    TIMESTAMP_FILE,
    gradescope,
    time_of,
)

LISTED_AT_MOST = 10
SUBMITTED = "submitted"  # nbgrader's folder

_SEVERAL_ASSIGNMENTS = "{path} holds several assignments: {names}."
_SEVERAL_ASSIGNMENTS_REMEDY = "Say which: --assignment FILE of that name, or the folders themselves, {path}/*/{first}."
_NOT_OF = "{path}: nothing for {assignment} from {names}."
_GROUP = "{folder} is the work of {count}: it is graded for each of them."


@dataclass
class Found:
    """What lies below one path.

    Attributes:
        ignored: Names of what is no submission.
    """

    entries: list[ClassEntry]
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def from_gradescope(base: Path, names: Sequence[str], content: bytes) -> Found:
    """An export: a folder for each submission, and one file that says whose they are."""
    known = gradescope(content, GRADESCOPE_FILE)
    result = Found([])
    for name in names:
        if name == GRADESCOPE_FILE:
            continue
        people = known.get(name, ())
        if not people:
            result.entries.append(ClassEntry(title_of(name), base / name, Told((name,), platform=GRADESCOPE)))
        for told in people:
            person = told.candidates[0] if told.candidates else name
            result.entries.append(ClassEntry(title_of(person), base / name, replace(told, person=person)))
        if len(people) > 1:
            result.notes.append(_GROUP.format(folder=shown(name), count=len(people)))
    result.entries.sort(key=lambda entry: (folded(entry.name), moment(entry.told)))
    return result


def is_nbgraders(folder: Path, found: Iterable[os.DirEntry[str]]) -> bool:
    """Whether it is laid out as `submitted/STUDENT/ASSIGNMENT/`."""
    students = [folder / entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
    return any(
        (folder.name == SUBMITTED and chapter_number(below.name) is None) or (below / TIMESTAMP_FILE).is_file()
        for student in students
        if not is_leftover(student.name)
        for below in _folders(student)
    )


def _folders(folder: Path) -> list[Path]:
    try:
        found = scanned(folder)
    except SubmissionError:  # its student's row will say so
        return []
    return [folder / e.name for e in found if e.is_dir(follow_symlinks=False) and not is_leftover(e.name)]


def from_nbgrader(
    base: Path, below: Mapping[str, Collection[str]], assignment: str, timestamp: Callable[[Path], bytes]
) -> Found:
    """A course's `submitted` folder.

    Args:
        below: By student: the assignments that there is a folder of.
        assignment: Which to take; "" for the only one.
        timestamp: What nbgrader's file in such a folder says; b"" if there is none.
    """
    names = sorted({name for folders in below.values() for name in folders})
    if not assignment and len(names) > 1:
        raise SubmissionError(
            _SEVERAL_ASSIGNMENTS.format(path=shown(str(base)), names=", ".join(map(shown, names[:LISTED_AT_MOST]))),
            _SEVERAL_ASSIGNMENTS_REMEDY.format(path=shown(str(base)), first=shown(names[0])),
        )
    wanted = assignment or "".join(names)
    having = [student for student, folders in below.items() if wanted in folders]
    result = Found([of_nbgrader(base / each / wanted, each, timestamp(base / each / wanted)) for each in having])
    without = [student for student in below if student not in having]
    if having and without:
        more = f" and {len(without) - LISTED_AT_MOST} more" if len(without) > LISTED_AT_MOST else ""
        listed = ", ".join(map(shown, without[:LISTED_AT_MOST])) + more
        result.notes.append(_NOT_OF.format(path=shown(str(base)), assignment=shown(wanted), names=listed))
    return result


def in_nbgraders_folder(folder: Path, found: Sequence[os.DirEntry[str]], assignment: str) -> Found:
    """The same, as it lies on disk."""
    students = [entry.name for entry in found if is_submission(entry) and not entry.is_file(follow_symlinks=False)]
    below = {student: [path.name for path in _folders(folder / student)] for student in students}
    result = from_nbgrader(folder, below, assignment, timestamp_in)
    result.ignored += [entry.name for entry in found if entry.name not in below]
    return result


def timestamp_in(folder: Path) -> bytes:
    """What nbgrader wrote into a folder that it collected; b"" if nothing."""
    try:
        return read_file(folder / TIMESTAMP_FILE, TIMESTAMP_FILE, MAX_TIMESTAMP)
    except SubmissionError:
        return b""


def of_nbgrader(folder: Path, student: str, timestamp: bytes) -> ClassEntry:
    """One that nbgrader has collected. The time is what the student's own machine wrote, as nbgrader takes it."""
    at = time_of(timestamp[:MAX_TIMESTAMP].decode("utf-8", "replace"))
    source = f"nbgrader's {TIMESTAMP_FILE}" if at else ""
    told = Told((student,), at=at, platform=NBGRADER, source=source, person=student)
    return ClassEntry(title_of(student), folder, told)


def scanned(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: folded(entry.name))
    except OSError as error:
        raise unreadable(str(folder), error) from error


def is_submission(entry: os.DirEntry[str]) -> bool:
    """A link is an entry too: it is refused when it is read, and its student gets a row that says so."""
    if is_leftover(entry.name):
        return False
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return True
    if stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        return True
    return stat.S_ISREG(mode) and is_file_of_a_kind(entry.name)


def is_file_of_a_kind(name: str) -> bool:
    return suffix_of(name) in CODE or is_archive(name)


def moment(told: Told) -> tuple[float, int, int]:
    return (told.at.timestamp() if told.at else 0, told.serial or 0, told.attempt or 0)
