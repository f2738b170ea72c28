"""`d2l-kit author verify`: prove that exercises are sharp and fair."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from d2l_kit.cli._authors import Jobs, cores, counting, leave
from d2l_kit.cli._options import Listing, ListingFormat, SomeNames
from d2l_kit.cli._terminal import chapters_of
from d2l_kit.cli._terminal import course as load

if TYPE_CHECKING:
    from d2l_kit.author.verify import Verification

VERIFICATION_FORMAT = "d2l-kit/verification/1"


def verify(
    names: SomeNames = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, metavar="N", help="Draw the checks' inputs so often.")] = 2,
    jobs: Jobs = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show each mistake and what caught it.")] = False,
    format: ListingFormat = Listing.TEXT,
) -> None:
    """Prove that checks reject what is wrong, accept what is right, and that nothing is missing.

    The solution and all alternatives must pass; the stub and trivial answers earn nothing; every known
    mistake is caught and named. Exit code 0: nothing to mend; 1: there are findings.
    """
    from d2l_kit.author import table
    from d2l_kit.author.verify import verify as run

    course = load()
    exercises = course.select(names or ())
    with counting("verified") as progress:
        found = run(chapters_of(course, exercises), exercises, seeds, cores(jobs), progress)
    if format is Listing.JSON:
        typer.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
    else:
        typer.echo(table.verification(found, verbose))
    leave(found.problems, findings=bool(found.findings))


def _document(found: Verification) -> dict[str, Any]:
    return {
        "format": VERIFICATION_FORMAT,
        "exercises": [asdict(row) for row in found.rows],
        "findings": [asdict(finding) | {"file": str(finding.file)} for finding in found.findings],
        "problems": [*found.problems],
    }
