"""`d2l-kit gradebook serve`: the gradebook live in a browser, on this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._gradebook import By, InGradebook, OfAssignment, opened, who
from d2l_kit.cli._pages import Templates
from d2l_kit.cli._terminal import course, note

_READY = "The gradebook is at"
_ONCE = "This address lets one browser in, once. Ctrl-C ends the site."
_NO_BROWSER = "No browser could be opened; open the address yourself."
_END = "The site has ended; all that was decided is stored."


def serve(
    classes: Annotated[
        list[Path] | None,
        typer.Option(
            "--class",
            metavar="PATH",
            help="Where the submissions lie, as given to `grade`: shows code beside reports; repeatable.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, metavar="N", help="A free one by default.", show_default=False)
    ] = 0,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="127.0.0.1 or ::1.")] = "127.0.0.1",
    open_it: Annotated[bool, typer.Option("--open", help="Open the browser, too.")] = False,
    by: By = None,
    templates: Templates = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
) -> None:
    """Look through a class in the browser: search, read reports beside the code, adjust, comment, decide on regrades.

    Only this machine and only the browser that opens the printed address are let in.
    """
    from d2l_kit.gradebook.serve import server
    from d2l_kit.gradebook.serve.guard import Guard

    server.demand_packages()
    from d2l_kit.gradebook.serve.app import make_app
    from d2l_kit.gradebook.serve.desk import Site
    from d2l_kit.report.page import html_pages

    with opened(gradebook, assignment):
        pass  # what is wrong with it is said here, not in the browser
    site = Site(
        opened=lambda: opened(gradebook, assignment),
        pages=html_pages(templates),
        course=course(),
        who=who(by),
        classes=tuple(classes or ()),
        gradebook=str(gradebook or ""),
    )
    with server.listen(host, port) as sock:
        guard = Guard(sock.getsockname()[1])
        url = server.address_of(sock, guard)
        app = make_app(site, guard)
        typer.echo(f"{_READY} {url}")
        note(_ONCE)
        if open_it and not server.open_browser(url):
            note(_NO_BROWSER)
        server.run(app, sock)
    note(_END)
