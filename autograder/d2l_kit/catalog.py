"""Course, Chapter, Exercise: what there is to do, read from chapter.toml; no torch, no exercise code imported.

Everything about an exercise is found from its name: the same relative path in the course and, where the
instructor's wheel is installed, in the reference (`Exercise.files`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from d2l_kit.errors import AuthorError, UnknownName
from d2l_kit.hookspecs import hookimpl

KINDS = ("function", "module", "training", "debugging", "kernel", "distributed", "speed")
TIERS = ("core", "extra")
RUNTIMES = ("torch", "triton", "cuda", "distributed")
POINTS_BY_DIFFICULTY = {1: 5, 2: 10, 3: 15, 4: 20, 5: 25}
HINTS_MIN = 3

_CHAPTER_KEYS = {"number", "title", "sections", "exercise", "format"}
_EXERCISE_KEYS = {
    "name", "title", "sections", "kind", "difficulty", "points", "tier", "runtime", "time_limit", "memory_mib",
    "processes", "output_kib", "scratch_mib", "result_mib", "forbidden", "requires", "hints", "summary", "prewarm",
}  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True)
class Limits:
    """What one exercise of one submission may use, all its checks together.

    Attributes:
        time: Wall time in seconds of everything the worker does for the exercise.
        memory_mib: Memory a worker may take on top of the interpreter with torch.
        processes: Processes and threads.
        output_kib: How much of stdout and of stderr is kept; 64 times as much ends the worker.
        scratch_mib: Size of the worker's private disk.
        result_mib: Size of one answer on the wire.
    """

    time: float = 10.0
    memory_mib: int = 2048
    processes: int = 64
    output_kib: int = 64
    scratch_mib: int = 64
    result_mib: int = 64


@dataclass(frozen=True)
class Section:
    """A section of the book, such as 7.2 "Convolutions for Images"."""

    number: str
    title: str


@dataclass(frozen=True)
class ExerciseFiles:
    """Where an exercise's parts are; the reference's parts are None or empty where it is not installed."""

    stub: Path
    public_checks: Path
    solution: Path | None = None
    mistakes: Path | None = None
    hidden_checks: Path | None = None
    alternatives: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Exercise:
    """The unit of work and of grading: one stub, one solution, its checks.

    Attributes:
        chapter: The chapter's short name, "ch07".
        forbidden: Dotted names a solution must not use; `*` stands for any run of characters.
        requires: Names of exercises of the same chapter whose files this one may import.
        prewarm: Modules its workers need that torch imports lazily (`torch._dynamo` for optimizers).
    """

    chapter: str
    name: str
    title: str
    sections: tuple[str, ...]
    kind: str
    difficulty: int
    points: int
    files: ExerciseFiles
    tier: str = "core"
    runtime: str = "torch"
    summary: str = ""
    limits: Limits = field(default_factory=Limits)
    forbidden: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    prewarm: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The full name, "ch07/corr2d"."""
        return f"{self.chapter}/{self.name}"


@dataclass(frozen=True)
class Chapter:
    """A chapter plugin's answer: what it offers and where its files are."""

    number: int
    slug: str
    title: str
    sections: tuple[Section, ...]
    exercises: tuple[Exercise, ...]
    root: Path
    reference_root: Path | None = None

    @property
    def name(self) -> str:
        """The short name, "ch07"."""
        return f"ch{self.number:02d}"

    @property
    def page(self) -> Path:
        """The chapter page, README.md."""
        return self.root / "README.md"

    @property
    def fingerprints(self) -> Path:
        """What misconceptions answer to the public checks, written by `author fingerprint`."""
        return self.root / "fingerprints.json"

    def with_reference(self, root: Path) -> Chapter:
        """The same chapter with the instructor's files found below `root` (the mirror of `self.root`)."""
        exercises = tuple(replace(e, files=_reference_files(e.files, e.name, root)) for e in self.exercises)
        return replace(self, exercises=exercises, reference_root=root)


@dataclass(frozen=True)
class Course:
    """All chapters that could be loaded, in the book's order, and a line for each that could not."""

    chapters: tuple[Chapter, ...]
    problems: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Exercise]:
        return (exercise for chapter in self.chapters for exercise in chapter.exercises)

    @cached_property
    def by_id(self) -> Mapping[str, Exercise]:
        """Every exercise by its full name."""
        return {exercise.id: exercise for exercise in self}

    def chapter_of(self, exercise: Exercise) -> Chapter:
        """The chapter an exercise belongs to."""
        return next(c for c in self.chapters if c.name == exercise.chapter)

    def select(self, names: Iterable[str]) -> tuple[Exercise, ...]:
        """Exercises for names as a person types them: ch7, ch07, 7, ch07/corr2d, corr2d, ch7/*; all for none.

        Raises:
            UnknownName: A name fits nothing, or fits exercises of several chapters.
        """
        wanted = list(names)
        if not wanted:
            return tuple(self)
        chosen: dict[str, Exercise] = {}
        for name in wanted:
            chosen.update((exercise.id, exercise) for exercise in self._resolve(name))
        return tuple(chosen.values())

    def _resolve(self, name: str) -> tuple[Exercise, ...]:
        cleaned = name.strip().removesuffix(".py").removesuffix("/*").rstrip("/").lower()
        head, _, tail = cleaned.rpartition("/")
        if chapter := self._chapter(cleaned):
            return chapter.exercises
        if head:
            if (chapter := self._chapter(head)) is None:
                raise self._unknown(name)
            candidates = [e for e in chapter.exercises if e.name == tail]
        else:
            candidates = [e for e in self if e.name == tail]
        if len(candidates) > 1:
            raise UnknownName(
                f"{name!r} is an exercise of several chapters: {', '.join(e.id for e in candidates)}.",
                "Give the full name.",
            )
        if not candidates:
            raise self._unknown(name)
        return tuple(candidates)

    def _chapter(self, text: str) -> Chapter | None:
        match = re.fullmatch(r"(?:ch(?:apter)?)?[-_ ]?0*(\d+)", text)
        for chapter in self.chapters:
            if text == chapter.slug or (match and int(match.group(1)) == chapter.number):
                return chapter
        return None

    def _unknown(self, name: str) -> UnknownName:
        known = [*self.by_id, *(e.name for e in self), *(c.name for c in self.chapters)]
        near = list(dict.fromkeys(difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.6)))
        offer = f"Did you mean {' or '.join(near)}?" if near else "`d2l-kit list` shows what there is."
        return UnknownName(f"There is no chapter or exercise named {name!r}.", offer)


def chapter_plugin(module_file: str) -> Callable[[], Chapter]:
    """A chapter's whole plugin in one line: `d2l_kit_chapter = chapter_plugin(__file__)`."""

    @hookimpl
    def d2l_kit_chapter() -> Chapter:
        return read_chapter(Path(module_file).parent)

    return d2l_kit_chapter


def read_chapter(root: Path) -> Chapter:
    """Read `root/chapter.toml`.

    Raises:
        AuthorError: The file is missing, is not TOML, or breaks the contract; names file, key and remedy.
    """
    path = root / "chapter.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuthorError(f"{path}: cannot be read: {error}.", "See CONTRIBUTING.md, 'chapter.toml'.") from error
    _only(path, "chapter", data, _CHAPTER_KEYS)
    number = _typed(path, "chapter", data, "number", int)
    sections = tuple(
        Section(*_pair(path, entry)) for entry in _typed(path, "chapter", data, "sections", list, default=[])
    )
    known = {section.number for section in sections}
    exercises = tuple(
        _read_exercise(path, f"ch{number:02d}", entry, known, root)
        for entry in _typed(path, "chapter", data, "exercise", list, default=[])
    )
    names = [exercise.name for exercise in exercises]
    for name in names:
        if names.count(name) > 1:
            raise AuthorError(f"{path}: exercise {name!r} is listed twice.", "Rename or remove one.")
    title = _typed(path, "chapter", data, "title", str)
    return Chapter(number, root.name, title, sections, exercises, root)


def _read_exercise(path: Path, chapter: str, data: Any, sections: set[str], root: Path) -> Exercise:
    if not isinstance(data, dict):
        raise AuthorError(f"{path}: [[exercise]] must be a table.", "Write [[exercise]] on a line of its own.")
    where = f"exercise {data.get('name', '?')!r}"
    _only(path, where, data, _EXERCISE_KEYS)
    name = _typed(path, where, data, "name", str)
    if not _NAME.match(name):
        raise AuthorError(f"{path}: {where}: a name is [a-z][a-z0-9_]*.", "It is also the name of its files.")
    used = _strings(path, where, data, "sections")
    for number in used:
        if number not in sections:
            raise AuthorError(f"{path}: {where}: section {number!r} is not in `sections`.", "Add it to the chapter.")
    difficulty = _choice(path, where, data, "difficulty", tuple(POINTS_BY_DIFFICULTY))
    limits = {
        f.name: _positive(path, where, data, key, type(f.default))
        for f in fields(Limits)
        if (key := "time_limit" if f.name == "time" else f.name) in data
    }
    return Exercise(
        chapter=chapter,
        name=name,
        title=_typed(path, where, data, "title", str),
        summary=_typed(path, where, data, "summary", str, default=""),
        sections=used,
        kind=_choice(path, where, data, "kind", KINDS),
        difficulty=difficulty,
        points=_typed(path, where, data, "points", int, default=POINTS_BY_DIFFICULTY[difficulty]),
        tier=_choice(path, where, data, "tier", TIERS, default="core"),
        runtime=_choice(path, where, data, "runtime", RUNTIMES, default="torch"),
        limits=Limits(**limits),
        forbidden=_strings(path, where, data, "forbidden"),
        requires=_strings(path, where, data, "requires"),
        prewarm=_strings(path, where, data, "prewarm"),
        hints=_strings(path, where, data, "hints"),
        files=ExerciseFiles(root / f"{name}.py", root / "checks" / f"test_{name}.py"),
    )


def _reference_files(files: ExerciseFiles, name: str, root: Path) -> ExerciseFiles:
    def there(path: Path) -> Path | None:
        return path if path.exists() else None

    own = re.compile(re.escape(name) + r"__\w+\.py\Z")
    folder = root / "alternatives"
    alternatives = sorted(p for p in folder.iterdir() if own.match(p.name)) if folder.is_dir() else []
    return replace(
        files,
        solution=there(root / f"{name}.py"),
        mistakes=there(root / f"{name}.mistakes.toml"),
        hidden_checks=there(root / "checks" / f"test_{name}.py"),
        alternatives=tuple(alternatives),
    )


def _only(path: Path, where: str, data: Mapping[str, Any], allowed: set[str]) -> None:
    for key in data:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            raise AuthorError(
                f"{path}: {where}: unknown key {key!r}.",
                f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(sorted(allowed))}.",
            )


_REQUIRED: Any = object()


def _typed(path: Path, where: str, data: Mapping[str, Any], key: str, kind: type, default: Any = _REQUIRED) -> Any:
    if key not in data:
        if default is _REQUIRED:
            raise AuthorError(f"{path}: {where}: {key!r} is missing.", "Add it; see CONTRIBUTING.md.")
        return default
    value = data[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise AuthorError(f"{path}: {where}: {key} = {value!r} must be of type {kind.__name__}.", "Correct it.")
    return value


def _choice(
    path: Path,
    where: str,
    data: Mapping[str, Any],
    key: str,
    allowed: tuple[Any, ...],
    default: Any = _REQUIRED,
) -> Any:
    value = _typed(path, where, data, key, type(allowed[0]), default)
    if value not in allowed:
        raise AuthorError(f"{path}: {where}: {key} = {value!r}.", f"Use one of {', '.join(map(str, allowed))}.")
    return value


def _positive(path: Path, where: str, data: Mapping[str, Any], key: str, kind: type) -> Any:
    value = data[key]
    allowed = (int, float) if kind is float else (int,)
    if not isinstance(value, allowed) or isinstance(value, bool) or not value > 0:
        raise AuthorError(f"{path}: {where}: {key} = {value!r} must be a number above 0.", "Correct it.")
    return kind(value)


def _strings(path: Path, where: str, data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AuthorError(f"{path}: {where}: {key} must be a list of strings.", "Correct it.")
    return tuple(value)


def _pair(path: Path, entry: Any) -> tuple[str, str]:
    if not (isinstance(entry, list) and len(entry) == 2 and all(isinstance(part, str) for part in entry)):
        raise AuthorError(f'{path}: sections: {entry!r} must be a pair such as ["7.2", "Convolutions"].', "Correct it.")
    return entry[0], entry[1]
