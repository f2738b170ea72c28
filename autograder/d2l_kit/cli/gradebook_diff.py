"""`d2l-kit gradebook diff`: whose points move between two runs, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from d2l_kit.cli._gradebook import AsTable, InGradebook, OfAssignment, Table, name_of, open_store, print_json

_WHICH = "One or two runs; by default the last that waits for a decision, else the last with something that counts."


def diff(
    runs: Annotated[
        list[int] | None,
        typer.Argument(
            metavar="[RUN] [RUN]",
            help=_WHICH,
            show_default=False,
        ),
    ] = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
    format: AsTable = Table.TEXT,
) -> None:
    """Compare a run with what stands without it, or two runs: whose points move, which checks, and why.

    Points of the checks alone; lateness and adjustments are worked out on top of what is accepted.
    """
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook import listing
    from d2l_kit.gradebook.diff import between, of_run

    given = runs or []
    if len(given) > 2:
        raise UsageError("diff compares one or two runs.", "`d2l-kit gradebook history` lists them.")
    with open_store(gradebook) as store:
        name = name_of(store, assignment, given)
        difference = between(store, name, *given) if len(given) == 2 else of_run(store, name, *given)
    if format is Table.JSON:
        print_json(listing.difference_json(difference))
    elif format is Table.CSV:
        typer.echo(listing.difference_csv(difference), nl=False)
    else:
        typer.echo(listing.difference_text(difference))
