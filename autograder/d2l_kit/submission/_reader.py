"""A hand-in of any shape -> the source of each exercise: `read_submission`.

How files are found stands in `_places`. A file goes before a notebook. A hand-in that is one single file is
whatever exercise it defines, since platforms rename what is handed in.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from d2l_kit.catalog import Exercise
from d2l_kit.errors import SubmissionError
from d2l_kit.submission._archives import expand, list_archive
from d2l_kit.submission._cells import MAX_NOTEBOOK, Notebook, read_notebook
from d2l_kit.submission._files import File, files_of_several, kind_problem, list_folder, read_file, unreadable
from d2l_kit.submission._joining import Code, Wanted, analysed, joined, notebook_notes
from d2l_kit.submission._magics import parse
from d2l_kit.submission._model import Source, Submission
from d2l_kit.submission._names import CODE, SEVERAL, folded, is_archive, shown, suffix_of, title_of
from d2l_kit.submission._places import chapter_of_file, lookalike, near, order, ranked, required_names
from d2l_kit.submission._platforms import own_names
from d2l_kit.submission._statements import defined_names
from d2l_kit.submission._text import MAX_SOURCE, decode, require_text

WORKSPACE_FILE = "d2l-kit.toml"
MAX_WORKSPACE_FILE = 1 << 16
MAX_NOTEBOOKS = 40
MAX_NOTES = 30

READABLE = "Hand in a folder, a .py, an .ipynb, a .zip, a .tar or a .tar.gz."


def read_submission(path: Path, exercises: Sequence[Exercise], name: str | None = None) -> Submission:
    """Read one hand-in: a folder, .py, .ipynb, .zip, .tar, .tar.gz or .tgz.

    Args:
        path: May lead through a zip, as `list_class` gives it for a class in one zip: `bulk.zip/alice.zip`.
            A symbolic link is refused; resolve a path that a person typed.
        exercises: What to look for.
        name: What to call it; the file's or folder's own name without suffix if not given.

    Raises:
        SubmissionError: It cannot be read at all, or is refused; names the file or the entry, and the remedy.
    """
    called = name if name is not None else title_of(path.name)
    files, notes, is_single = _files(path)
    if is_single and suffix_of(path.name) == ".py":
        return _read_single(files[0], exercises, called)
    found = _Found(near(files), exercises, notes, is_single)
    found.read()
    if not found.files:
        found.notes.append(f"{shown(path.name)} is empty: it holds no .py and no .ipynb.")
    notes = found.notes
    if len(notes) > MAX_NOTES:
        notes = [*notes[:MAX_NOTES], f"… and {len(notes) - MAX_NOTES} more notes."]
    return Submission(called, found.sources, found.problems, tuple(notes), _mark(files) or found.mark)


def _files(path: Path) -> tuple[list[File], list[str], bool]:
    """The files of a hand-in, notes, and whether it is one single .py or .ipynb."""
    outer, inside = _split(path)
    if stat.S_ISDIR(_mode(outer)):
        if inside:
            return expand(_as_called([_single_file(each) for each in files_of_several(path)])), [], False
        files, notes = list_folder(outer)
        return expand(files), notes, False
    if inside or is_archive(outer.name):
        files = list_archive(outer, inside)
        is_single = bool(inside) and [file.parts for file in files] == [inside[-1:]]
        return _as_called(files) if is_single else files, [], is_single
    if suffix_of(outer.name) in CODE:
        return _as_called([_single_file(outer)]), [], True
    problem = kind_problem(_mode(outer)) or "is of no kind that is read here"
    raise SubmissionError(f"{shown(outer.name)} {problem}.", READABLE)


def _split(path: Path) -> tuple[Path, tuple[str, ...]]:
    """The file that exists, and what follows in it: ("bulk.zip", ("alice.zip",)), ("class", ("ada_4711_*",))."""
    for outer in (path, *path.parents):
        try:
            mode = os.lstat(outer).st_mode
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no name on this system
            continue
        except OSError as error:
            raise unreadable(outer.name, error) from error
        inside = path.parts[len(outer.parts) :]
        is_several = len(inside) == 1 and inside[0].endswith(SEVERAL) and stat.S_ISDIR(mode)
        if not inside or is_several or (stat.S_ISREG(mode) and suffix_of(outer.name) == ".zip"):
            return outer, inside
        break
    raise SubmissionError(f"{shown(str(path))} does not exist.", "Check the path.")


def _as_called(files: list[File]) -> list[File]:
    """Files under the names that their author gave them, without what a platform put before and after."""
    own = own_names(file.name for file in files)
    return [replace(file, parts=(*file.parts[:-1], own.get(file.name, file.name))) for file in files]


def _mode(path: Path) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError as error:
        raise unreadable(path.name, error) from error


def _single_file(path: Path) -> File:
    return File((path.name,), lambda limit: read_file(path, shown(path.name), limit))


def _read_single(file: File, exercises: Sequence[Exercise], name: str) -> Submission:
    """A hand-in of one .py: the exercise of its name, else those it defines, else the only one asked for."""
    named = [e for e in exercises if folded(file.name) == f"{e.name}.py"]
    try:
        text = decode(file.read(MAX_SOURCE), file.path)
    except SubmissionError as error:
        meant = named or (exercises if len(exercises) == 1 else [])
        if not meant:
            raise
        return Submission(name, {}, {e.id: _in_one_line(error) for e in meant})
    if named:
        return Submission(name, {e.id: Source(text, file.path) for e in named}, {})
    tree = parse(text)
    defines = frozenset[str]() if isinstance(tree, tuple) else defined_names(tree)
    meant = [e for e in exercises if defines & required_names(e)] or (exercises if len(exercises) == 1 else [])
    if not meant:
        raise SubmissionError(
            f"{file.path} is named after no exercise and defines nothing that one asks for.",
            "Name the file after its exercise, such as corr2d.py.",
        )
    taken = ", ".join(e.name for e in meant)
    note = f"{file.path} is taken for {taken}: a file is best named after its exercise."
    return Submission(name, {e.id: Source(text, file.path) for e in meant}, {}, (note,))


@dataclass
class _Found:
    """The search for exercises among the files of one hand-in.

    Attributes:
        is_single: Whether the hand-in is one single notebook, which then must be readable.
        has_file: Exercises with a file of their name, usable or not: a notebook's cells do not count for them.
    """

    files: list[File]
    exercises: Sequence[Exercise]
    notes: list[str]
    is_single: bool = False
    sources: dict[str, Source] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    has_file: set[str] = field(default_factory=set)
    mark: str = ""

    def read(self) -> None:
        """Fill `sources`, `problems` and `notes`."""
        for exercise in self.exercises:
            self._read_file_of(exercise)
        notebooks = sorted((file for file in self.files if suffix_of(file.name) == ".ipynb"), key=order)
        if len(notebooks) > MAX_NOTEBOOKS:
            self.notes.append(f"Of {len(notebooks)} notebooks the first {MAX_NOTEBOOKS} are read.")
        wanted = {e.id: Wanted(e.id, e.name, required_names(e)) for e in self.exercises}
        for file in notebooks[:MAX_NOTEBOOKS]:
            self._read_notebook(file, wanted)
        for exercise in self.exercises:
            if exercise.id not in self.sources.keys() | self.problems.keys():
                self._explain_absence(exercise, wanted[exercise.id])

    def _read_file_of(self, exercise: Exercise) -> None:
        candidates = ranked((f for f in self.files if folded(f.name) == f"{exercise.name}.py"), exercise)
        if not candidates:
            return
        first, *others = candidates
        self.has_file.add(exercise.id)
        namesakes = [e.id for e in self.exercises if e.name == exercise.name]
        if len(namesakes) > 1 and chapter_of_file(first) is None:
            self.problems[exercise.id] = (
                f"{first.path} may be any of {', '.join(namesakes)}."
                f" Put it into the folder of its chapter: {exercise.id}.py."
            )
            return
        notes = (f"{first.path} counts, not {', '.join(file.path for file in others)}.",) if others else ()
        try:
            self.sources[exercise.id] = Source(decode(_content(first, MAX_SOURCE), first.path), first.path, notes=notes)
        except SubmissionError as error:
            self.problems[exercise.id] = _in_one_line(error)

    def _read_notebook(self, file: File, wanted: Mapping[str, Wanted]) -> None:
        concerned = [wanted[e.id] for e in self.exercises if ranked([file], e)]
        try:
            notebook = read_notebook(_content(file, MAX_NOTEBOOK), file.path)
            codes = analysed(notebook)
        except SubmissionError as error:
            if self.is_single:
                raise
            self.notes.append(_in_one_line(error))
            for exercise in concerned:
                self._note_problem(exercise.id, error)
            return
        self.mark = self.mark or notebook.mark
        used = [self._read_from(notebook, codes, exercise) for exercise in concerned]
        if any(used):
            self.notes += notebook_notes(notebook, codes, {f"{e.name}.py" for e in self.exercises})

    def _read_from(self, notebook: Notebook, codes: list[Code], exercise: Wanted) -> bool:
        """Take an exercise from a notebook; whether what was left out of the notebook may matter for it."""
        try:
            source = _written(notebook, exercise) or joined(notebook, codes, exercise)
        except SubmissionError as error:
            self._note_problem(exercise.id, error)
            return True
        if source is None:
            return False
        if earlier := self.sources.get(exercise.id):
            note = f"{earlier.file} counts, not {notebook.file}."
            self.sources[exercise.id] = replace(earlier, notes=(*earlier.notes, note))
        elif exercise.id not in self.has_file:
            self.problems.pop(exercise.id, None)
            self.sources[exercise.id] = source
            return True
        return False

    def _note_problem(self, exercise: str, error: SubmissionError) -> None:
        if exercise not in self.sources:
            self.problems.setdefault(exercise, _in_one_line(error))

    def _explain_absence(self, exercise: Exercise, wanted: Wanted) -> None:
        if file := lookalike(self.files, exercise, wanted.defines):
            self.problems[exercise.id] = (
                f"{exercise.name}.py is not found; {file.path} looks like it. Rename it to {exercise.name}.py."
            )


def _written(notebook: Notebook, wanted: Wanted) -> Source | None:
    """What %%writefile cells of a notebook write as the exercise's file."""
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    for cell in notebook.cells:
        if cell.kind != "%%writefile" or folded(cell.plain.file_name) != f"{wanted.name}.py":
            continue
        if not cell.plain.appends:
            lines, places = [], []
        own = cell.plain.text.split("\n")
        lines += own
        places += [(cell.number, number) for number in range(1, len(own) + 1)]
    if not lines:
        return None
    text = "\n".join(lines) + "\n"
    require_text(text, notebook.file)
    return Source(text, notebook.file, tuple(places), (f"{wanted.name}.py is what %%writefile writes.",))


def _content(file: File, limit: int) -> bytes:
    if file.problem:
        raise SubmissionError(f"{file.path} {file.problem}.", "Hand in the file itself.")
    return file.read(limit)


def _mark(files: Sequence[File]) -> str:
    """The assignment that the workspace's own file names."""
    for file in sorted((file for file in files if file.name == WORKSPACE_FILE), key=order)[:1]:
        try:
            mark = tomllib.loads(_content(file, MAX_WORKSPACE_FILE)[:MAX_WORKSPACE_FILE].decode()).get("assignment")
        except (SubmissionError, ValueError, RecursionError):  # a mark is a help; grading does not need it
            return ""
        return mark[:200] if isinstance(mark, str) else ""
    return ""


def _in_one_line(error: SubmissionError) -> str:
    return f"{error.message} {error.remedy}".strip()
