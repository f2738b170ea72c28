"""`d2l-kit gradebook page`: the class on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._gradebook import InGradebook, OfAssignment, opened
from d2l_kit.cli._pages import Now, Templates, moment_of, titles_of

DEFAULT_FILE = Path("graded/class.html")
_NO_PAGE = "-o {path}: the class page is HTML; a file of another kind is not overwritten."
_NO_PAGE_REMEDY = "Name a file that ends in .html: -o class.html"


def page(
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to.")] = DEFAULT_FILE,
    without_names: Annotated[
        bool, typer.Option("--without-names", help="Leave the students out, so that the page can be shown to them.")
    ] = False,
    templates: Templates = None,
    now: Now = None,
) -> None:
    """Write the class on one page: scores, pass rates, mistakes met, hardest checks, time, and who wants a look."""
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.pages.class_page import class_figures, counted_reports, render
    from d2l_kit.workspace.files import explained, write_atomically

    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(_NO_PAGE.format(path=out), _NO_PAGE_REMEDY)
    at = moment_of(now)
    with opened(gradebook, assignment) as found:
        book = found.book(at)
        figures = class_figures(book, found.store.checks(counted_reports(book)), titles_of(book))
        zone = found.assignment.zone if found.assignment else "UTC"
    text = render(figures, at, zone=zone, with_people=not without_names, templates=templates)
    with explained("cannot write", out):
        write_atomically(out, text.encode("utf-8", "backslashreplace"), private=True)
    typer.echo(f"The class is on {out}")
