"""The submissions of a class: the entries of a folder, or of the one zip a learning platform gives out.

A path is one submission where it is a file, where it is a workspace (it holds `d2l-kit.toml`), or where it
holds a chapter's folder or an exercise's file; any other folder is a class. A zip is a class where it holds
two or more archives side by side, or files and folders as a platform names or lays them out (`_platforms`, `_layouts`).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from d2l_kit.catalog import Exercise
from d2l_kit.errors import SubmissionError
from d2l_kit.submission._files import read_file, unreadable
from d2l_kit.submission._layouts import (
    LISTED_AT_MOST,
    SUBMITTED,
    Found,
    from_gradescope,
    from_nbgrader,
    in_nbgraders_folder,
    is_file_of_a_kind,
    is_nbgraders,
    is_submission,
    moment,
    of_nbgrader,
    scanned,
    timestamp_in,
)
from d2l_kit.submission._model import ClassEntry, Told
from d2l_kit.submission._names import (
    CODE,
    chapter_number,
    checked_parts,
    folded,
    is_archive,
    is_leftover,
    shown,
    suffix_of,
    title_of,
)
from d2l_kit.submission._platforms import (
    GRADESCOPE_FILE,
    MAX_GRADESCOPE,
    MAX_TIMESTAMP,
    TIMESTAMP_FILE,
    Named,
    named,
    own_names,
)
from d2l_kit.submission._reader import WORKSPACE_FILE
from d2l_kit.submission._zip import open_zip, zip_members

_MIXED = "{person}: attempts lie mixed ({files}); they are read as one hand-in."


def list_class(
    paths: Sequence[Path], exercises: Collection[Exercise] = (), assignment: str = ""
) -> tuple[list[ClassEntry], list[str]]:
    """The submissions below the paths, each class in the order of its names, and notes about what is none.

    Args:
        paths: Folders of a class, or single submissions (`grade class/*`).
        exercises: What will be graded: a folder with a file of such a name is one submission.
        assignment: Which to take where a platform's folder holds several.

    Raises:
        SubmissionError: A path does not exist or cannot be read. What is wrong with one submission is found
            when it is read, and stops no other.
    """
    entries: list[ClassEntry] = []
    notes: list[str] = []
    files = {f"{exercise.name}.py" for exercise in exercises}
    for typed in paths:
        path = _resolved(typed)
        if path.is_dir():
            found = _in_folder(path, typed.name or path.name, files, assignment)
        elif suffix_of(path.name) == ".zip":
            found = _in_zip(path, typed.name, assignment)
        else:
            found = Found([_alone(typed.name, path, is_folder=False)])
        entries += found.entries
        notes += [*found.notes, *_ignored(typed, found.ignored)]
    return _told_apart(entries, notes), notes


def _resolved(typed: Path) -> Path:
    """A path that a person typed may be a link; what lies below it may not."""
    try:
        return typed.resolve(strict=True)
    except OSError as error:
        raise unreadable(str(typed), error) from error


def _in_folder(folder: Path, typed: str, files: set[str], assignment: str) -> Found:
    found = scanned(folder)
    if any(entry.name == GRADESCOPE_FILE for entry in found):
        content = read_file(folder / GRADESCOPE_FILE, GRADESCOPE_FILE, MAX_GRADESCOPE)
        return from_gradescope(folder, [entry.name for entry in found if is_submission(entry)], content)
    if any(_marks_a_submission(entry, files) for entry in found):
        return Found([_alone(typed, folder, is_folder=True)])
    if any(entry.name == TIMESTAMP_FILE for entry in found):  # one of `submitted/*/hw2`
        return Found([of_nbgrader(folder, folder.parent.name, timestamp_in(folder))])
    if is_nbgraders(folder, found):
        return in_nbgraders_folder(folder, found, assignment)
    items = [(entry.name, not entry.is_file(follow_symlinks=False)) for entry in found if is_submission(entry)]
    rest = [entry.name for entry in found if not is_submission(entry)]
    result = _listed(folder, items, assignment)
    return replace(result, ignored=[*rest, *result.ignored])


def _alone(name: str, path: Path, is_folder: bool) -> ClassEntry:
    """One that was named by itself: `grade downloads/*`."""
    found = named(name, is_folder)
    if found is None:
        return ClassEntry(title_of(name), path)
    return ClassEntry(title_of(found.person), path, replace(found.told, person=found.person))


def _listed(base: Path, items: Iterable[tuple[str, bool]], assignment: str) -> Found:
    """Files and folders side by side as hand-ins: some platforms give out several files of one student.

    Args:
        items: Name, and whether it is a folder.
    """
    result = Found([])
    handed_in: dict[tuple[str, str], list[tuple[str, Named]]] = {}
    for name, is_folder in items:
        found = named(name, is_folder)
        if found is None:
            result.entries.append(ClassEntry(title_of(name), base / name))
        elif not found.is_work or (assignment and found.assignment not in ("", assignment)):
            result.ignored.append(name)
        else:
            begins = folded(found.begins) if found.begins else name
            handed_in.setdefault((folded(found.person), begins), []).append((name, found))
    for parts in handed_in.values():
        result.entries += _hand_ins(base, parts, result.notes)
    result.entries.sort(key=lambda entry: (folded(entry.name), moment(entry.told)))
    return result


def _hand_ins(base: Path, parts: list[tuple[str, Named]], notes: list[str]) -> list[ClassEntry]:
    """What one student's files are: several of one hand-in, or one of each of several attempts.

    Canvas gives out the last attempt alone. Where files that differ only in its `-1` lie side by side, a person
    put two downloads into one folder.
    """
    person = parts[0][1].person
    own = own_names(name for name, _ in parts)
    attempts = {found.told.attempt for _, found in parts}
    if len(parts) > 1 and _collide(parts, own):
        if len(attempts) == len(parts):
            return [ClassEntry(title_of(person), base / name, _told([found], person)) for name, found in parts]
        files = ", ".join(shown(name) for name, _ in parts[:LISTED_AT_MOST])
        notes.append(_MIXED.format(person=shown(person), files=files))
    told = _told([found for _, found in parts], person)
    if len(parts) == 1:
        return [ClassEntry(title_of(person), base / parts[0][0], told)]
    return [ClassEntry(title_of(person), base / f"{parts[0][1].begins}*", told)]


def _collide(parts: list[tuple[str, Named]], own: Mapping[str, str]) -> bool:
    """Whether two files have one name but for Canvas's `-1`: then `own_names` has left it."""
    return any(own[name] == found.own and (found.told.attempt or 1) > 1 for name, found in parts)


def _told(parts: Sequence[Named], person: str) -> Told:
    serials = [found.told.serial for found in parts if found.told.serial is not None]
    attempts = [found.told.attempt for found in parts if found.told.attempt is not None]
    return replace(
        parts[0].told,
        attempt=max(attempts, default=None),
        serial=max(serials, default=None),
        marked_late=any(found.told.marked_late for found in parts),
        person=person,
    )


def _marks_a_submission(entry: os.DirEntry[str], files: set[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return entry.name.lower().startswith("ch") and chapter_number(entry.name) is not None
    return entry.name == WORKSPACE_FILE or folded(entry.name) in files


@dataclass
class _Top:
    """What a zip holds below one name of its top level."""

    names: list[tuple[str, ...]] = field(default_factory=list)
    is_folder: bool = False

    def is_a_students(self) -> bool:
        """Whether it is an archive, or holds one and no code beside it."""
        last = [parts[-1] for parts in self.names]
        return any(is_archive(name) for name in last) and not any(suffix_of(name) in CODE for name in last)


def _in_zip(path: Path, typed: str, assignment: str) -> Found:
    single = Found([_alone(typed, path, is_folder=False)])
    metadata: bytes | None = None
    timestamps: dict[Path, bytes] = {}
    try:
        with open_zip(path) as packed:
            members = zip_members(packed)
            wrapping, tops = _top_level([(member.name, member.info.is_dir()) for member in members], path.name)
            below = _below_students(wrapping, tops)
            wanted = "/".join((*wrapping, GRADESCOPE_FILE))
            for member in members:
                name = member.name.removeprefix("./")
                if GRADESCOPE_FILE in tops and name == wanted:
                    with packed.open(member.info) as file:
                        metadata = file.read(MAX_GRADESCOPE + 1)
                elif below and name.endswith(f"/{TIMESTAMP_FILE}"):
                    with packed.open(member.info) as file:
                        timestamps[path.joinpath(name).parent] = file.read(MAX_TIMESTAMP)
    except SubmissionError:  # told by the row of this one submission
        return single
    base = path.joinpath(*wrapping)
    if below:
        return from_nbgrader(base, below, assignment, lambda folder: timestamps.get(folder, b""))
    if metadata is not None:
        return from_gradescope(base, sorted(tops, key=folded), metadata)
    items = [
        (name, top.is_folder)
        for name, top in sorted(tops.items(), key=lambda item: folded(item[0]))
        if top.is_folder or is_file_of_a_kind(name)
    ]
    students = [name for name, top in tops.items() if top.is_a_students() and chapter_number(title_of(name)) is None]
    from_a_platform = bool(items) and all(named(name, is_folder) for name, is_folder in items)
    if len(students) < 2 and not from_a_platform:
        return single
    kept = {name for name, _ in items}
    result = _listed(base, items, assignment)
    return replace(result, ignored=[*(name for name in tops if name not in kept), *result.ignored])


def _below_students(wrapping: tuple[str, ...], tops: Mapping[str, _Top]) -> dict[str, set[str]]:
    """By student the assignments in a zip of nbgrader's `submitted` folder; none where it is something else."""
    folders = {name: top for name, top in tops.items() if top.is_folder}
    below = {name: {parts[1] for parts in top.names if len(parts) > 2} for name, top in folders.items()}
    is_called_so = wrapping[-1:] == (SUBMITTED,) and any(
        chapter_number(name) is None for names in below.values() for name in names
    )
    is_stamped = any(parts[2:] == (TIMESTAMP_FILE,) for top in folders.values() for parts in top.names)
    return below if is_called_so or is_stamped else {}


def _top_level(members: Sequence[tuple[str, bool]], archive: str) -> tuple[tuple[str, ...], dict[str, _Top]]:
    """What lies at the top of a zip, below one folder that may wrap everything."""
    listed = list(_sound(members, archive))
    wrapping: tuple[str, ...] = ()
    firsts = {parts[0][0] for parts in listed}
    if len(firsts) == 1 and all(len(parts) > 1 or is_folder for parts, is_folder in listed):
        (only,) = firsts
        if named(only, is_folder=True) is None:
            wrapping = (only,)
            listed = [(parts[1:], is_folder) for parts, is_folder in listed if len(parts) > 1]
    tops: dict[str, _Top] = {}
    for parts, is_folder in listed:
        top = tops.setdefault(parts[0], _Top())
        top.is_folder |= is_folder or len(parts) > 1
        if not is_folder:
            top.names.append(parts)
    return wrapping, tops


def _sound(members: Sequence[tuple[str, bool]], archive: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    for name, is_folder in members:
        try:
            parts = checked_parts(name, archive)
        except SubmissionError:  # what leads elsewhere is nobody's hand-in; a single one is refused when read
            continue
        if parts and not any(is_leftover(part) for part in parts):
            yield parts, is_folder


def _ignored(typed: Path, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - LISTED_AT_MOST} more" if len(names) > LISTED_AT_MOST else ""
    listed = ", ".join(map(shown, names[:LISTED_AT_MOST]))
    return [f"{shown(str(typed))}: not submissions, ignored: {listed}{more}."]


def _told_apart(entries: list[ClassEntry], notes: list[str]) -> list[ClassEntry]:
    """Names that no file system takes for one another: reports are files named by them."""
    taken: set[str] = set()
    told: list[ClassEntry] = []
    for entry in entries:
        name, count = entry.name, 1
        while folded(name) in taken:
            count += 1
            name = f"{entry.name}-{count}"
        taken.add(folded(name))
        if name == entry.name:
            told.append(entry)
            continue
        notes.append(f"{shown(str(entry.path))} is called {name}: there is another {entry.name}.")
        known = entry.told if entry.told.candidates else replace(entry.told, candidates=(entry.name,))
        told.append(replace(entry, name=name, told=known))
    return told
