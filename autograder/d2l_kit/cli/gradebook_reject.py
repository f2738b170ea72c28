"""`d2l-kit gradebook reject`: reject what a regrade proposed."""

from __future__ import annotations

from typing import Annotated

import typer

from d2l_kit.cli._gradebook import InGradebook, open_store


def reject(
    run: Annotated[int, typer.Argument(metavar="RUN", help="Its number, as `gradebook history` lists it.")],
    gradebook: InGradebook = None,
) -> None:
    """Reject what a run proposed; `gradebook diff RUN` shows it before."""
    from d2l_kit.gradebook import decisions

    with open_store(gradebook) as store:
        count = decisions.reject(store, run)
    told = f"{count} report{'' if count == 1 else 's'} rejected" if count else "nothing was waiting for a decision"
    typer.echo(f"run {run}: {told}")
