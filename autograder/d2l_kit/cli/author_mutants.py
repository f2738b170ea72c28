"""`d2l-kit author mutants`: change solutions mechanically and list the changes that no check notices."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from d2l_kit.cli._authors import Jobs, cores, counting, leave
from d2l_kit.cli._options import Listing, ListingFormat, Names
from d2l_kit.cli._terminal import course as load
from d2l_kit.cli._terminal import note

if TYPE_CHECKING:
    from d2l_kit.author.mutants import Slaughter

MUTANTS_FORMAT = "d2l-kit/mutants/1"

_TOO_FEW = "{exercise}: {share:.1%} of the mutants are killed; {wanted:.1%} are wanted."


def mutants(
    names: Names,
    jobs: Jobs = None,
    at_least: Annotated[
        float,
        typer.Option("--at-least", min=0, max=1, metavar="SHARE", help="How many must be killed in each exercise."),
    ] = 0.97,
    survivors_only: Annotated[
        bool, typer.Option("--survivors-only", help="Print the survivors alone, one a line.")
    ] = False,
    format: ListingFormat = Listing.TEXT,
) -> None:
    """List the mechanical changes of the solution that no check notices.

    A survivor is a hole in the checks, or a change that changes nothing; mark the second kind in
    EXERCISE.mistakes.toml: [[equivalent]] with `mutant` (the text printed here) and `reason`. Exit code 1:
    too few are killed, or a mark fits no survivor.
    """
    from d2l_kit.author import table
    from d2l_kit.author.mutants import run_mutants

    exercises = load().select(names)
    with counting("batches of mutants:") as progress:
        found = run_mutants(exercises, cores(jobs), progress)
    if format is Listing.JSON:
        typer.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
    elif text := table.slaughter(found, survivors_only):
        typer.echo(text)
    short = [exercise.id for exercise in exercises if found.share(exercise.id) < at_least]
    for exercise in short:
        note(_TOO_FEW.format(exercise=exercise, share=found.share(exercise), wanted=at_least))
    leave(found.problems, findings=bool(short or found.stale))


def _document(found: Slaughter) -> dict[str, Any]:
    exercises = dict.fromkeys(fate.exercise for fate in found.fates)
    return {
        "format": MUTANTS_FORMAT,
        "share": {exercise: found.share(exercise) for exercise in exercises},
        "mutants": [asdict(fate) for fate in found.fates],
        "stale": [*found.stale],
        "problems": [*found.problems],
    }
