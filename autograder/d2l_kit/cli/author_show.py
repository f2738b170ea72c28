"""`d2l-kit author show`: where the parts of an exercise are."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from d2l_kit.cli._options import Listing, ListingFormat, Names
from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import note

PARTS_FORMAT = "d2l-kit/parts/1"

_NO_REFERENCE = "The reference of {chapter} is not here: install the instructor's wheel, or your checkout's reference."


def show(names: Names, format: ListingFormat = Listing.TEXT) -> None:
    """Show every file of an exercise in each room, those that are missing too."""
    from d2l_kit.author.show import parts
    from d2l_kit.author.table import parts_of

    course = load()
    found = {exercise: parts(course.chapter_of(exercise), exercise) for exercise in course.select(names)}
    for chapter in dict.fromkeys(course.chapter_of(exercise) for exercise in found):
        if chapter.reference_root is None:
            note(_NO_REFERENCE.format(chapter=chapter.name))
    if format is Listing.JSON:
        exercises = {
            exercise.id: [asdict(part) | {"path": str(part.path)} for part in its] for exercise, its in found.items()
        }
        typer.echo(json.dumps({"format": PARTS_FORMAT, "exercises": exercises}, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n\n".join(parts_of(exercise.id, its) for exercise, its in found.items()))
