"""What the commands that write pages share: templates of one's own, the time that counts as now, exercises' titles."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._terminal import course

if TYPE_CHECKING:
    from d2l_kit.gradebook.model import ClassBook

Templates = Annotated[
    Path | None,
    typer.Option(
        "--templates", metavar="DIR", help="Your own templates, where they replace the kit's.", show_default=False
    ),
]
Now = Annotated[
    str | None,
    typer.Option("--now", metavar="TIME", help="Take this for now: 2026-12-02T00:00+01:00.", show_default=False),
]

_NO_TIME = "--now {text}: that is no time with a zone."
_NO_TIME_REMEDY = "Write date, time and offset: --now 2026-12-02T00:00+01:00"


def moment_of(text: str | None) -> datetime:
    """The time that is meant; the clock's, if none is.

    Raises:
        UsageError: It cannot be read, or has no zone.
    """
    from d2l_kit.errors import UsageError

    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(_NO_TIME.format(text=text), _NO_TIME_REMEDY) from error
    if found.tzinfo is None:
        raise UsageError(_NO_TIME.format(text=text), _NO_TIME_REMEDY)
    return found


def titles_of(book: ClassBook) -> dict[str, str]:
    """Titles of the exercises that are installed here."""
    known = course().by_id
    return {id: known[id].title for id in book.exercises if id in known}
