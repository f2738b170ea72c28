"""`d2l-kit author fingerprint`: let students' machines name mistakes without holding a solution."""

from __future__ import annotations

import typer

from d2l_kit.cli._authors import Jobs, cores, counting, leave
from d2l_kit.cli._options import SomeNames
from d2l_kit.cli._terminal import chapters_of
from d2l_kit.cli._terminal import course as load


def fingerprint(names: SomeNames = None, jobs: Jobs = None) -> None:
    """Write each chapter's fingerprints.json: what every known mistake answers to the public checks.

    Entries of exercises that are not named are kept.
    """
    from d2l_kit.author.fingerprints import write_fingerprints
    from d2l_kit.author.table import shown

    course = load()
    exercises = course.select(names or ())
    with counting("fingerprints:") as progress:
        written, problems = write_fingerprints(chapters_of(course, exercises), exercises, cores(jobs), progress)
    for path in written:
        typer.echo(f"written: {shown(path)}")
    leave(problems, findings=False)
