"""`d2l-kit author new`: scaffold a chapter, an exercise, or a package of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.catalog import KINDS
from d2l_kit.cli._terminal import course as load
from d2l_kit.errors import UsageError

if TYPE_CHECKING:
    from d2l_kit.author.new import Rooms, Scaffold, Target

_NO_TITLE = "A chapter needs a title."
_BOTH_OR_NONE = "--{given} needs --{missing} beside it."
_ONLY_FOR = "{options} is only for {what}."
_OWN_ROOMS = "A package of one's own has rooms of its own."
_NEXT_CHAPTER = """\
Next: add this line to [project.entry-points.d2l_kit] in pyproject.toml and install again (pip install -e .):
  {entry_point}
Then add exercises: d2l-kit author new {chapter}/NAME"""
_NEXT_PACKAGE = """\
Next: install it in place (pip install -e {into} -e {into}/reference), then add exercises:
  d2l-kit author new {chapter}/NAME"""
_NEXT_EXERCISE = """\
Next: write what is marked {placeholder} in these files and in chapter.toml, then
  d2l-kit author verify {exercise}
  d2l-kit author fingerprint {exercise}    once its mistakes are caught"""


def new(
    target: Annotated[
        str,
        typer.Argument(metavar="ch08 | ch08/NAME", help="A chapter, or an exercise of one.", show_default=False),
    ],
    title: Annotated[str, typer.Option("--title", help="As people read it.", show_default=False)] = "",
    section: Annotated[
        list[str] | None,
        typer.Option(
            "--section",
            metavar="N[ TITLE]",
            help='Repeatable. Of a chapter: "8.1 AlexNet"; of an exercise: 8.1.',
            show_default=False,
        ),
    ] = None,
    slug: Annotated[
        str,
        typer.Option("--slug", help="A chapter's folder is ch08_SLUG; made of the title.", show_default=False),
    ] = "",
    kind: Annotated[
        str | None, typer.Option("--kind", help=f"Of an exercise: {', '.join(KINDS)}.", show_default=False)
    ] = None,
    difficulty: Annotated[
        int | None, typer.Option("--difficulty", min=1, max=5, help="Of an exercise.", show_default=False)
    ] = None,
    course: Annotated[
        Path | None,
        typer.Option(
            "--course",
            metavar="DIR",
            help="The folder that chapters lie in; found by default.",
            show_default=False,
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="DIR",
            help="Its mirror, for solutions and hidden checks.",
            show_default=False,
        ),
    ] = None,
    package: Annotated[
        str,
        typer.Option("--package", metavar="NAME", help="Make a package of your own …", show_default=False),
    ] = "",
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="… in this folder.", show_default=False)
    ] = None,
) -> None:
    """Scaffold a chapter (ch08) or an exercise (ch08/alexnet). Nothing that exists is overwritten.

    What is left to you is marked FILL IN; `d2l-kit author verify` lists what still is.
    """
    from d2l_kit.author.new import read_target

    wanted = read_target(target)
    _refuse_mixtures(wanted, slug=slug, kind=kind, difficulty=difficulty, package=package, into=into)
    if package and course:
        raise UsageError(_OWN_ROOMS, "Leave --course and --reference out.")
    rooms = _given_rooms(course, reference)
    if wanted.exercise:
        _exercise(wanted, rooms, title, section or [], kind, difficulty)
    else:
        _chapter(wanted, rooms, title, section or [], slug, package, into)


def _exercise(
    wanted: Target,
    rooms: Rooms | None,
    title: str,
    sections: list[str],
    kind: str | None,
    difficulty: int | None,
) -> None:
    from d2l_kit.author.files import PLACEHOLDER
    from d2l_kit.author.new import installed_rooms, new_exercise

    if kind is not None and kind not in KINDS:
        raise UsageError(f"--kind {kind!r} is not known.", f"Take one of {', '.join(KINDS)}.")
    rooms = rooms or installed_rooms(load(), wanted.number)
    made = new_exercise(rooms, wanted.number, wanted.exercise, title, sections, kind or "function", difficulty or 2)
    _list(made)
    exercise = f"ch{wanted.number:02d}/{wanted.exercise}"
    typer.echo(_NEXT_EXERCISE.format(placeholder=PLACEHOLDER, exercise=exercise))


def _chapter(
    wanted: Target,
    rooms: Rooms | None,
    title: str,
    sections: list[str],
    slug: str,
    package: str,
    into: Path | None,
) -> None:
    from d2l_kit.author.new import installed_rooms, new_chapter, new_package, read_section

    if not title:
        raise UsageError(_NO_TITLE, f'Write: d2l-kit author new ch{wanted.number:02d} --title "Modern CNNs"')
    named = [read_section(text) for text in sections]
    chapter = f"ch{wanted.number:02d}"
    if into is not None:
        _list(new_package(into, package, wanted.number, title, slug, named))
        typer.echo(_NEXT_PACKAGE.format(into=into, chapter=chapter))
    else:
        rooms = rooms or installed_rooms(load(), wanted.number)
        made = new_chapter(rooms, wanted.number, title, slug, named)
        _list(made)
        typer.echo(_NEXT_CHAPTER.format(entry_point=made.entry_point, chapter=chapter))


def _refuse_mixtures(wanted: Target, **options: object) -> None:
    """Options that mean nothing here, so that no one believes they did something."""
    of_chapters, of_exercises = ("slug", "package", "into"), ("kind", "difficulty")
    names, what = (of_chapters, "chapters") if wanted.exercise else (of_exercises, "exercises")
    given = [f"--{name}" for name in names if options[name]]
    if given:
        raise UsageError(_ONLY_FOR.format(options=given[0], what=what), "Leave it out.")
    _both_or_none("package", "into", options["package"], options["into"])


def _given_rooms(course: Path | None, reference: Path | None) -> Rooms | None:
    from d2l_kit.author.new import Rooms

    _both_or_none("course", "reference", course, reference)
    if course is None or reference is None:
        return None
    for folder in (course, reference):
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder.", "Name the folders that chapters lie in.")
    return Rooms(course.absolute(), reference.absolute())


def _both_or_none(first: str, second: str, one: object, other: object) -> None:
    if bool(one) != bool(other):
        given, missing = (first, second) if one else (second, first)
        raise UsageError(_BOTH_OR_NONE.format(given=given, missing=missing), "Give both, or neither.")


def _list(made: Scaffold) -> None:
    from d2l_kit.author.table import shown

    for path in made.files:
        typer.echo(f"new: {shown(path)}")
