"""`d2l-kit gradebook serve`: the gradebook live in a browser, on this machine alone."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from d2l_kit.cli._gradebook import By, InGradebook, OfAssignment, opened, who
from d2l_kit.cli._pages import Templates
from d2l_kit.cli._terminal import course, note

_READY = "The gradebook is at"
_ONCE = "This address lets one browser in, once. Ctrl-C ends the site."
_NO_BROWSER = "No browser could be opened; open the address yourself."
_END = "The site has ended; all that was decided is stored."
_NO_CLASS = "--class {path}: there is no such folder or file."
_NO_CLASS_REMEDY = "Name what was given to `d2l-kit grade`."


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
    open_it: Annotated[
        bool,
        typer.Option(
            "--open", help="Open the browser, too. Who can list this account's processes may see the address."
        ),
    ] = False,
    by: By = None,
    templates: Templates = None,
    gradebook: InGradebook = None,
    assignment: OfAssignment = None,
) -> None:
    """Look through a class in the browser: search, read reports beside the code, adjust, comment, decide on regrades.

    Only this machine and only the browser that opens the printed address are let in.
    """
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.serve import server
    from d2l_kit.gradebook.serve.guard import Guard

    server.demand_packages()
    from d2l_kit.gradebook.serve.app import make_app
    from d2l_kit.gradebook.serve.desk import Site
    from d2l_kit.report.page import demand_templates, html_pages

    pages = html_pages(templates)  # what is wrong here or with the gradebook is said now, not in the browser
    if templates is not None:
        demand_templates(pages, templates)
    for path in classes or ():
        if not path.exists():
            raise UsageError(_NO_CLASS.format(path=path), _NO_CLASS_REMEDY)
    with opened(gradebook, assignment):
        pass
    site = Site(
        opened=lambda: opened(gradebook, assignment),
        pages=pages,
        course=course(),
        who=who(by),
        classes=tuple(classes or ()),
        gradebook=str(gradebook or ""),
        templates=templates,
    )
    with server.listen(host, port) as sock:
        guard = Guard(sock.getsockname()[1])
        url = server.address_of(sock, guard)
        app = make_app(site, guard)
        typer.echo(f"{_READY} {url}")
        note(_ONCE)
        if open_it:  # beside the site: a browser in the terminal ends only when it is left
            Thread(target=_open, args=(url,), daemon=True).start()
        server.run(app, sock)
    note(_END)


def _open(url: str) -> None:
    from d2l_kit.gradebook.serve import server

    if not server.open_browser(url):
        note(_NO_BROWSER)
