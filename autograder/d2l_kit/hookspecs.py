"""The whole plugin contract: what a package can tell the kit. Found through the entry-point group `d2l_kit`.

A plugin is a module (or object) with functions marked by `hookimpl`. Implement what you need, leave the rest.
Reading a chapter's metadata must import no torch: return paths, not contents.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from d2l_kit.catalog import Chapter
    from d2l_kit.report.formats import ReportFormat
    from d2l_kit.report.model import Report

PROJECT = "d2l_kit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def d2l_kit_chapter() -> Chapter:  # type: ignore[empty-body]  # pluggy calls the implementations, never this
    """Return the chapter this plugin provides."""


@hookspec
def d2l_kit_reference() -> Path:  # type: ignore[empty-body]
    """Return the folder that mirrors the course with solutions, misconceptions and hidden checks.

    Below it, a chapter's part lies in a folder of the same name as the chapter's own (`ch07_cnn`).
    """


@hookspec
def d2l_kit_report_formats() -> list[ReportFormat]:  # type: ignore[empty-body]
    """Return the report formats this plugin adds to `--format`."""


@hookspec
def d2l_kit_report_finished(report: Report) -> None:
    """React to a finished report (store it, send it). Must not change it."""
