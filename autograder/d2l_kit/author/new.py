"""`author new`: scaffolds of a chapter, of an exercise, and of a package of one's own.

A scaffold is a folder of templates whose tree is the tree that is written; NAME and PACKAGE in a path stand
for the exercise's and the package's name. What is left to the author is marked with PLACEHOLDER, and
`author verify` finds every mark that is still there. No file that exists is touched, but for chapter.toml, to
which an exercise's table is appended.
"""

from __future__ import annotations

import json
import keyword
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2l_kit.author.files import PLACEHOLDER
from d2l_kit.catalog import Chapter, Course, Section, read_chapter
from d2l_kit.errors import UsageError
from d2l_kit.workspace.files import explained, write_atomically, write_new

_TARGET = re.compile(r"(?:ch)?0*(?P<number>\d{1,2})(?:/(?P<exercise>.*))?")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_NO_IDENTIFIER = "{name!r} is no name for {what}."
_NO_IDENTIFIER_REMEDY = (
    "Take small letters, digits and single underscores, a letter first, and no word of Python's own."
)
_NO_TEXT = "{text!r} cannot stand in a heading."
_NO_TEXT_REMEDY = "Take one line without backslashes and without three quotes in a row."
_THERE_ALREADY = "{path} is there already; nothing was written."
_NO_ROOMS = "No package with a course and its reference is installed to write to."
_SEVERAL_ROOMS = "Chapters can be written to several packages: {rooms}."
_ROOMS_REMEDY = "Say which with --course DIR --reference DIR, the folders that chapters lie in."
_A_COPY = "{room} is an installed copy: what is written there is lost with the next update."
_A_COPY_REMEDY = "Install your checkout in place (pip install -e . -e reference), or give --course and --reference."


@dataclass(frozen=True)
class Rooms:
    """The two folders that chapters lie in: what a student may read, and what only an instructor may read."""

    course: Path
    reference: Path


@dataclass(frozen=True)
class Target:
    """What is to be made: a chapter, or an exercise of it."""

    number: int
    exercise: str = ""


@dataclass(frozen=True)
class Scaffold:
    """What was written.

    Attributes:
        chapter: The chapter's folder in the course.
        files: Every new file.
    """

    chapter: Path
    files: tuple[Path, ...]

    @property
    def entry_point(self) -> str:
        """The line of [project.entry-points.d2l_kit] by which the chapter is found."""
        name = self.chapter.name.partition("_")[0]
        return f'{name} = "{self.chapter.parent.name}.{self.chapter.name}"'


def read_target(text: str) -> Target:
    """Read "ch08" or "ch08/alexnet".

    Raises:
        UsageError: It is neither.
    """
    match = _TARGET.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} names no chapter or exercise.", "Write ch08, or ch08/alexnet.")
    exercise = match["exercise"]
    return Target(int(match["number"]), "" if exercise is None else _identifier(exercise, "an exercise"))


def installed_rooms(course: Course, number: int) -> Rooms:
    """The rooms of the installed package that has chapter `number`, or else of the only one there is.

    Raises:
        UsageError: There is none, there are several, or it is not to be written to.
    """
    pairs = {c: Rooms(c.root.parent, c.reference_root.parent) for c in course.chapters if c.reference_root is not None}
    own = [rooms for chapter, rooms in pairs.items() if chapter.number == number]
    found = list(dict.fromkeys(own or pairs.values()))
    if not found:
        raise UsageError(_NO_ROOMS, _ROOMS_REMEDY)
    if len(found) > 1:
        raise UsageError(_SEVERAL_ROOMS.format(rooms=", ".join(str(rooms.course) for rooms in found)), _ROOMS_REMEDY)
    for room in (found[0].course, found[0].reference):
        if "site-packages" in room.parts:
            raise UsageError(_A_COPY.format(room=room), _A_COPY_REMEDY)
    return found[0]


def new_chapter(rooms: Rooms, number: int, title: str, slug: str = "", sections: Sequence[Section] = ()) -> Scaffold:
    """Write a chapter without exercises into two rooms.

    Args:
        rooms: Where to.
        number: As in the book.
        title: As in the book.
        slug: What follows "ch08_" in the folders' name; made of the title by default.
        sections: As in the book.

    Raises:
        UsageError: Something of that name is there, or a text cannot be used.
    """
    folder, plan = _chapter_plan(rooms, number, title, slug, sections)
    _write(plan)
    _make_mirror(rooms.reference / folder.name)
    return Scaffold(folder, tuple(plan))


def new_package(
    into: Path, package: str, number: int, title: str, slug: str = "", sections: Sequence[Section] = ()
) -> Scaffold:
    """Write a package of one's own with one chapter, for two wheels: the students' and the instructor's.

    Raises:
        UsageError: As for `new_chapter`.
    """
    _identifier(package, "a package")
    rooms = Rooms(into / "course" / package, into / "reference" / f"{package}_reference")
    folder, chapter_plan = _chapter_plan(rooms, number, title, slug, sections)
    values = {
        "package": package,
        "distribution": package.replace("_", "-"),
        "title": title,
        "description": f"{title}: a chapter for d2l-kit.",
        "chapter": f"ch{number:02d}",
        "slug": folder.name,
    }
    plan = _plan("package", into, values) | chapter_plan
    _write(plan)
    _make_mirror(rooms.reference / folder.name)
    return Scaffold(folder, tuple(plan))


def new_exercise(
    rooms: Rooms,
    number: int,
    name: str,
    title: str = "",
    sections: Sequence[str] = (),
    kind: str = "function",
    difficulty: int = 2,
) -> Scaffold:
    """Write the parts of an exercise into a chapter's two rooms and append its table to chapter.toml.

    Args:
        rooms: Where the chapter is.
        number: The chapter's.
        name: The exercise's.
        title: Made of the name by default.
        sections: The sections it practises; by default the first that no exercise practises yet.
        kind: As in chapter.toml.
        difficulty: As in chapter.toml.

    Raises:
        UsageError: There is no such chapter or section, or there is such an exercise.
    """
    chapter = read_chapter(_chapter_folder(rooms, number))
    table = chapter.root / "chapter.toml"
    if name in {exercise.name for exercise in chapter.exercises}:
        raise UsageError(f"{table} lists {name!r} already; nothing was written.", "Choose another name.")
    values = {
        "id": f"{chapter.name}/{name}",
        "name": name,
        "title": _text(title or name.replace("_", " ").capitalize()),
        "sections": _sections(chapter, sections),
        "kind": kind,
        "difficulty": difficulty,
    }
    plan = _plan("exercise/course", chapter.root, values)
    plan |= _plan("exercise/reference", rooms.reference / chapter.slug, values)
    whole = _appended(table, _environment().get_template("exercise/exercise.toml.j2").render(values))
    _write(plan)
    with explained("cannot write", table):
        write_atomically(table, whole)
    return Scaffold(chapter.root, tuple(plan))


def read_section(text: str) -> Section:
    """Read "8.1 Deep convolutional networks".

    Raises:
        UsageError: The number or the title is missing.
    """
    number, _, title = text.strip().partition(" ")
    if not title.strip():
        raise UsageError(f"--section {text!r} lacks a title.", 'Write: --section "8.1 Deep convolutional networks"')
    return Section(_text(number), _text(title.strip()))


def _chapter_plan(
    rooms: Rooms, number: int, title: str, slug: str, sections: Sequence[Section]
) -> tuple[Path, dict[Path, str]]:
    slug = _identifier(slug or "_".join(re.findall(r"[a-z0-9]+", title.lower())), "a chapter (--slug)")
    for taken in _folders(rooms, number):
        raise UsageError(
            _THERE_ALREADY.format(path=taken),
            f"Add an exercise to it: d2l-kit author new ch{number:02d}/NAME",
        )
    folder = rooms.course / f"ch{number:02d}_{slug}"
    values = {
        "number": number,
        "title": _text(title),
        "sections": sections or [Section(f"{number}.1", f"{PLACEHOLDER}: the section's title")],
    }
    return folder, _plan("chapter/course", folder, values)


def _chapter_folder(rooms: Rooms, number: int) -> Path:
    for folder in _folders(rooms, number):
        return folder
    raise UsageError(
        f"There is no chapter {number} in {rooms.course}.",
        f'Make it: d2l-kit author new ch{number:02d} --title "…"',
    )


def _folders(rooms: Rooms, number: int) -> list[Path]:
    # Found by name: a chapter made a minute ago has no entry point yet.
    return [path.parent for path in sorted(rooms.course.glob(f"ch{number:02d}_*/chapter.toml"))]


def _sections(chapter: Chapter, wanted: Sequence[str]) -> list[str]:
    known = [section.number for section in chapter.sections]
    for number in wanted:
        if number not in known:
            raise UsageError(
                f"{chapter.root / 'chapter.toml'}: there is no section {number!r}.",
                f"Its sections are {', '.join(known)}; add one to `sections` first.",
            )
    practised = {number for exercise in chapter.exercises for number in exercise.sections}
    left = [number for number in known if number not in practised]
    if not wanted and known and not left:
        raise UsageError(
            f"{chapter.root / 'chapter.toml'}: every section is practised already.",
            f"Say which this exercise practises: --section {known[-1]}",
        )
    return list(wanted) or left[:1]


def _appended(path: Path, table: str) -> bytes:
    """The file with one table more, known to be good TOML."""
    with explained("cannot read", path):
        old = path.read_bytes()
    whole = old + (b"" if old.endswith(b"\n") else b"\n") + table.encode("utf-8")
    try:
        tomllib.loads(whole.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path}: no [[exercise]] can be appended: {error}.",
            "Write its exercises as [[exercise]] tables.",
        ) from error
    return whole


def _plan(part: str, root: Path, values: Mapping[str, Any]) -> dict[Path, str]:
    """Where each template of a scaffold goes, and its text."""
    environment = _environment()
    names = [name for name in environment.list_templates(extensions=["j2"]) if name.startswith(f"{part}/")]
    return {
        root / _target(name.removeprefix(f"{part}/"), values): environment.get_template(name).render(values)
        for name in names
    }


def _target(template: str, values: Mapping[str, Any]) -> str:
    for word, key in (("NAME", "name"), ("PACKAGE", "package")):
        template = template.replace(word, str(values.get(key, word)))
    return template.removesuffix(".j2")


def _write(plan: Mapping[Path, str]) -> None:
    _refuse_existing(plan)
    for path, text in plan.items():
        with explained("cannot write", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not write_new(path, text.encode("utf-8")):
                _refuse_existing([path])


def _refuse_existing(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.exists() or path.is_symlink():
            raise UsageError(_THERE_ALREADY.format(path=path), "Choose another name, or move it away.")


def _make_mirror(folder: Path) -> None:
    with explained("cannot make", folder):
        folder.mkdir(parents=True, exist_ok=True)


def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("d2l_templates", ""),
        undefined=StrictUndefined,
        autoescape=False,  # Python and TOML are written, where HTML's escapes mean nothing
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # JSON's strings are TOML's, but for control characters, which `_text` refuses.
    environment.filters["toml"] = lambda value: json.dumps(value, ensure_ascii=False)
    environment.globals["placeholder"] = PLACEHOLDER
    return environment


def _identifier(name: str, what: str) -> str:
    if not _IDENTIFIER.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(_NO_IDENTIFIER.format(name=name, what=what), _NO_IDENTIFIER_REMEDY)
    return name


def _text(text: str) -> str:
    if not text or not text.isprintable() or "\\" in text or '"""' in text:
        raise UsageError(_NO_TEXT.format(text=text), _NO_TEXT_REMEDY)
    return text
