"""What the shell offers at TAB: names of chapters, exercises, formats, platforms.

Called by Typer while a command line is being typed, so it must be quick, and must say nothing but names: whatever goes
wrong is told when the command is run.
"""

from __future__ import annotations

from typing import Any

import typer


def exercise_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Chapters and exercises; exercises in full where a chapter is being named. What is typed already is left out."""
    typed: Any = ctx.params.get("names")
    return [name for name in _names(incomplete) if name not in (typed or ())]


def listed_names(incomplete: str) -> list[str]:
    """The same for an option that takes several with commas between them."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in _names(last) if name not in before.split(",")]


def report_format_names(incomplete: str) -> list[str]:
    """The formats of reports, as `--format` has them before the colon."""
    from d2l_kit.plugins import load_plugins
    from d2l_kit.report.formats import report_formats

    return [name for name in report_formats(load_plugins()[0])[0] if name.startswith(incomplete)]


def platform_names(incomplete: str) -> list[str]:
    """The platforms that an assignment can be exported to."""
    from d2l_kit.assign.exports import TARGETS

    return [target.name for target in TARGETS if target.name.startswith(incomplete)]


def _names(incomplete: str) -> list[str]:
    from d2l_kit.plugins import load_course

    course = load_course()
    chapters = [chapter.name for chapter in course.chapters]
    ids = [*course.by_id]
    short = [id.rpartition("/")[2] for id in ids]
    unique = [name for name in short if short.count(name) == 1]
    in_full = "/" in incomplete or incomplete in chapters
    return [name for name in (*chapters, *unique, *(ids if in_full else ())) if name.startswith(incomplete)]
