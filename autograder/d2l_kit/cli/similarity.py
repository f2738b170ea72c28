"""`d2l-kit similarity`: find pairs of submissions that look alike, as a lead for a person to follow."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._completion import listed_names
from d2l_kit.cli._terminal import PassingLine, note
from d2l_kit.cli._terminal import course as load


class Form(StrEnum):
    """How the pairs are written."""

    HTML = "html"
    JSON = "json"
    TEXT = "text"


def similarity(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Class folders or submissions, as for `grade`.", show_default=False),
    ],
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--exercises",
            metavar="NAMES",
            help="ch7, ch07/corr2d,ch8 …; repeatable. All by default.",
            show_default=False,
            autocompletion=listed_names,
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="OLD_CLASS",
            help="A class of another year; compared with this one only; repeatable.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE", help="Where the page goes; similarity.html by default.", show_default=False
        ),
    ] = None,
    format: Annotated[
        Form | None,
        typer.Option(
            "--format", help="A page; or one of these on stdout, unless --out names a file.", show_default=False
        ),
    ] = None,
    at_least: Annotated[
        float, typer.Option("--at-least", min=0.05, max=1, metavar="SHARE", help="The least similarity of a pair.")
    ] = 0.6,
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="Pairs shown for each exercise.")] = 50,
) -> None:
    """Find pairs of submissions that look alike: a lead, not a verdict.

    Names, layout, comments and the order of statements do not matter. What the stub, the reference or much of the class
    writes does not count. Pairs are ranked by how much own code they share; who has too little is said to have too
    little. Writes a page with each pair side by side, and prints the table.
    """
    from d2l_kit.similarity import page
    from d2l_kit.similarity.search import find_similar
    from d2l_kit.workspace.files import explained, write_atomically

    exercises = load().select(part for name in names or () for part in name.split(",") if part.strip())
    progress = PassingLine()
    try:
        found = find_similar(paths, exercises, against or (), at_least, progress.say)
    finally:
        progress.end()
    for text in found.notes:
        note(text)
    if format is Form.JSON:
        text = page.as_json(found, top)
    elif format is Form.TEXT:
        text = page.as_text(found, top)
    else:
        text = page.as_html(found, top)
        out = out or Path("similarity.html")
        typer.echo(page.as_text(found, top))
    if out is None:
        typer.echo(text)
        return
    with explained("cannot write", out):
        write_atomically(out, f"{text}\n".encode("utf-8", "backslashreplace"), private=True)
    note(f"written: {out}")
