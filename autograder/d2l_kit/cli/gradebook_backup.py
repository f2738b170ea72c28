"""`d2l-kit gradebook backup`: a sound copy of the gradebook, also while somebody grades."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._gradebook import InGradebook, open_store


def backup(
    out: Annotated[Path, typer.Option("-o", "--out", "--output", metavar="FILE", help="Where the copy goes.")],
    gradebook: InGradebook = None,
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace a file of that name.")] = False,
) -> None:
    """Copy the gradebook. Copying its file by hand while somebody writes may leave the last grades behind."""
    from d2l_kit.errors import UsageError

    with open_store(gradebook) as store:
        if Path(store.place).resolve() == out.resolve():
            raise UsageError(f"{out} is the gradebook itself.", "Name another file.")
        if out.exists() and not force:
            raise UsageError(f"{out} is there already.", "Name another file, or give --force to replace it.")
        store.backup(out)
    typer.echo(f"copied to {out}")
