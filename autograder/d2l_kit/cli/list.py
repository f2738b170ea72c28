"""`d2l-kit list`: what there is to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from d2l_kit.cli._options import Listing, ListingFormat, SomeNames
from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2l_kit.catalog import Course, Exercise

LIST_FORMAT = "d2l-kit/list/1"

_HEAD = ("exercise", "difficulty", "points", "tier", "title")
_EMPTY = "No chapter is installed."


def list(names: SomeNames = None, format: ListingFormat = Listing.TEXT) -> None:
    """List chapters and exercises."""
    course = load()
    chosen = course.select(names or ())
    if format is Listing.JSON:
        typer.echo(json.dumps(_document(course, chosen), indent=2, ensure_ascii=False))
    else:
        typer.echo(_text(course, chosen) or _EMPTY)


def _text(course: Course, chosen: Sequence[Exercise]) -> str:
    blocks = []
    for chapter in course.chapters:
        rows = [_row(exercise) for exercise in chosen if exercise.chapter == chapter.name]
        if rows:
            blocks.append(f"{chapter.name}  {chapter.title}\n{table([_HEAD, *rows])}")
    return "\n\n".join(blocks)


def _row(exercise: Exercise) -> tuple[str, ...]:
    return (exercise.name, f"{exercise.difficulty}/5", str(exercise.points), exercise.tier, exercise.title)


def _document(course: Course, chosen: Sequence[Exercise]) -> dict[str, Any]:
    def of(chapter: str) -> Any:
        return [_entry(exercise) for exercise in chosen if exercise.chapter == chapter]

    chapters = [
        {"name": chapter.name, "number": chapter.number, "title": chapter.title, "exercises": entries}
        for chapter in course.chapters
        if (entries := of(chapter.name))
    ]
    return {"format": LIST_FORMAT, "chapters": chapters, "problems": [*course.problems]}


def _entry(exercise: Exercise) -> dict[str, Any]:
    return {
        "id": exercise.id,
        "name": exercise.name,
        "title": exercise.title,
        "summary": exercise.summary,
        "sections": [*exercise.sections],
        "kind": exercise.kind,
        "difficulty": exercise.difficulty,
        "points": exercise.points,
        "tier": exercise.tier,
        "runtime": exercise.runtime,
        "hints": len(exercise.hints),
    }
