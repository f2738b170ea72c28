"""What authors' commands share: a count on the terminal, cores, the end after the kit's own problems."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._terminal import note

if TYPE_CHECKING:
    from d2l_kit.author.run import Progress

Jobs = Annotated[
    int | None,
    typer.Option("-n", "--jobs", min=1, help="Processes; as many as there are cores by default.", show_default=False),
]

_LINE = "\r\x1b[K"
_COULD_NOT = "could not be done: {problem}"


@contextmanager
def counting(what: str) -> Iterator[Progress]:
    """Count on a terminal what is done, and take the line away at the end; nothing is said in a pipe.

    Args:
        what: Such as "verified", to go before "3 of 9".
    """
    stream = sys.stderr

    def tell(done: int, total: int, name: str) -> None:
        if stream.isatty():
            stream.write(f"{_LINE}{what} {done} of {total}, {name} last")
            stream.flush()

    try:
        yield tell
    finally:
        if stream.isatty():
            stream.write(_LINE)
            stream.flush()


def cores(given: int | None) -> int:
    """How many processes are to work."""
    from d2l_kit.cli._machine import usable_cores

    return given or usable_cores()


def leave(problems: Sequence[str], *, findings: bool) -> None:
    """End with the exit code that what happened calls for: the kit's own problems, then findings."""
    from d2l_kit.errors import EXIT_CHECK_FAILED, EXIT_GRADER

    for problem in dict.fromkeys(problems):
        note(_COULD_NOT.format(problem=problem))
    if problems:
        raise typer.Exit(EXIT_GRADER)
    if findings:
        raise typer.Exit(EXIT_CHECK_FAILED)
