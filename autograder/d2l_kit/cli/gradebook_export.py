"""`d2l-kit gradebook export`: the class's grades in the form that the school's system takes in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._gradebook import InGradebook, OfAssignment
from d2l_kit.cli._terminal import note

if TYPE_CHECKING:
    from d2l_kit.gradebook.exports.model import Wanted
    from d2l_kit.gradebook.model import ClassBook

_EXISTS = "{path} is there already."
_EXISTS_REMEDY = "Name another file, or give -f to write over it."
_IS_FOLDER = "{path} is a folder."
_IS_FOLDER_REMEDY = "Name a file in it: -o {path}/grades.csv"
_HELP = (
    "canvas and moodle fill the sheet that you downloaded there (--sheet) and change nothing else in it; "
    "gradescope (its own download's columns; Gradescope imports no grades), nbgrader, otter, csv and json are tables."
)


def export(
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help=_HELP)],
    sheet: Annotated[
        Path | None,
        typer.Option(
            "--sheet", metavar="CSV", help="The downloaded sheet to fill; it is only read.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", "--output", metavar="FILE", help="Where to; by default standard output.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("-f", "--force", help="Write over FILE if it is there.")] = False,
    column: Annotated[
        str,
        typer.Option(
            "--column",
            metavar="NAME",
            help="The sheet's column to fill, by its header or Canvas's id of the assignment.",
            show_default=False,
        ),
    ] = "",
    exercises: Annotated[bool, typer.Option("--exercises", help="csv: a column for each exercise.")] = False,
    missing_as_zero: Annotated[
        bool, typer.Option("--missing-as-zero", help="In a sheet: 0 for who handed in nothing, instead of nothing.")
    ] = False,
    scale: Annotated[
        bool, typer.Option("--scale", help="Convert points if the sheet counts out of another maximum.")
    ] = False,
    comments: Annotated[
        bool, typer.Option("--comments", help="moodle: fill the feedback comments, too: points, reasons, comments.")
    ] = False,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
) -> None:
    """Export the class's grades for Canvas, Moodle, Gradescope, nbgrader, otter, a spreadsheet or a program.

    Lateness and adjustments are in them. Excused students are EX in Canvas, and left alone in Moodle.
    """
    from d2l_kit.cli._gradebook import opened
    from d2l_kit.gradebook.exports.formats import find_exporter
    from d2l_kit.gradebook.exports.model import Wanted

    find_exporter(format)  # a typing error is said before anything is read
    with opened(gradebook, assignment) as there:
        wanted = Wanted(sheet, column, exercises, missing_as_zero, scale, comments, there.assignment)
        write(there.book(), format, wanted, output, force=force)


def write(book: ClassBook, format: str, wanted: Wanted, output: Path | None, *, force: bool) -> None:
    """Export to a file or to standard output, and tell what there is to know."""
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.exports.formats import export
    from d2l_kit.workspace.files import explained, write_atomically

    if output is not None and output.is_dir():
        raise UsageError(_IS_FOLDER.format(path=output), _IS_FOLDER_REMEDY.format(path=output))
    if output is not None and not force and (output.exists() or output.is_symlink()):
        raise UsageError(_EXISTS.format(path=output), _EXISTS_REMEDY)
    exported = export(book, format, wanted)
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(exported.content)  # as it is: line ends and the byte order mark belong to the sheet
    else:
        with explained("cannot write", output):
            write_atomically(output, exported.content, private=True)
    for text in exported.notes:
        note(text)
