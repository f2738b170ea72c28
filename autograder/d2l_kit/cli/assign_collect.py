"""`d2l-kit assign collect`: a class's git repositories as they were at the due date."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._terminal import PassingLine, note
from d2l_kit.cli._terminal import course as load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2l_kit.gradebook.repositories.table import Row

_NEXT = "d2l-kit grade {folder} --assignment {assignment}{roster} --times {table}"
_BY_COMMITS = "times are those that commits carry, which students can set; --push-times asks GitHub for its own."


def collect(
    assignment: Annotated[
        Path, typer.Argument(metavar="ASSIGNMENT", help="assignment.toml, or its folder.", show_default=False)
    ],
    repositories: Annotated[
        Path,
        typer.Option(
            "--repositories",
            metavar="CSV",
            help="Whose repository is where: student, repository; OWNER/NAME, an address, or ./PATH.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Where submissions/ and collected.csv go.")
    ] = Path("collected"),
    roster: Annotated[
        Path | None,
        typer.Option("--roster", metavar="CSV", help="Who is in the class; extensions go by it.", show_default=False),
    ] = None,
    late: Annotated[
        bool, typer.Option("--late", help="Take the newest work that still earns something, not the due date's.")
    ] = False,
    push_times: Annotated[
        bool, typer.Option("--push-times", help="Ask GitHub when each push was, by its command line gh.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Collect these and leave the others; repeatable."),
    ] = None,
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Take what is there now, whatever was collected before.")
    ] = False,
    jobs: Annotated[int, typer.Option("-n", "--jobs", min=1, help="Repositories read at once.")] = 8,
) -> None:
    """Collect a class's git repositories: of each student the state at the due date, extensions included.

    Nothing is checked out or run; `grade` reads DIR/submissions, and DIR/collected.csv says what was taken and when it
    was handed in. Exit code 2: some repository could not be read.
    """
    from d2l_kit.assign.reader import read_assignment
    from d2l_kit.errors import EXIT_USAGE
    from d2l_kit.gradebook.repositories.collect import SUBMISSIONS, Order
    from d2l_kit.gradebook.repositories.collect import collect as run
    from d2l_kit.gradebook.repositories.listing import read_repositories
    from d2l_kit.gradebook.roster import read_roster

    task = read_assignment(assignment, load())
    chosen = read_repositories(repositories)
    students = roster or task.roster
    order = Order(
        task,
        chosen,
        out,
        roster=read_roster(students) if students else (),
        late=late,
        ask_pushes=push_times,
        replace=force,
        only=only or (),
        jobs=jobs,
    )
    progress = PassingLine()
    seen: Counter[str] = Counter()

    def tell(row: Row) -> None:
        seen[row.outcome] += 1
        progress.say(f"read {seen.total()} of {len(only or chosen)}")

    try:
        result = run(order, tell)
    finally:
        progress.end()
    for line in _lines(result.rows):
        typer.echo(line)
    for text in result.notes:
        note(text)
    if any(row.known_from == "commit" for row in result.rows) and not push_times:
        note(_BY_COMMITS)
    typer.echo(", ".join(f"{count} {outcome}" for outcome, count in seen.items()), err=True)
    more = f" --roster {shlex.quote(str(roster))}" if roster else ""
    words = {"folder": out / SUBMISSIONS, "assignment": assignment, "table": result.table}
    typer.echo(_NEXT.format(roster=more, **{name: shlex.quote(str(path)) for name, path in words.items()}), err=True)
    if result.unread:
        raise typer.Exit(EXIT_USAGE)


def _lines(rows: Sequence[Row]) -> list[str]:
    """A line for each student: what was taken, or why nothing was."""
    from d2l_kit.cli._terminal import table

    cells = [
        (
            row.student,
            row.outcome,
            row.commit[:12],
            row.handed_in,
            f"by {row.known_from}" if row.commit else "",
            row.note,
        )
        for row in rows
    ]
    return table(cells, indent="").splitlines() if cells else []
