"""The whole plugin contract: what a package can tell the kit. Found through the entry-point group `d2l_kit`.

A plugin is a module (or object) with functions marked by `hookimpl`. Implement what you need, leave the rest.
Reading a chapter's metadata must import no torch: return paths, not contents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from d2l_kit.catalog import Chapter
    from d2l_kit.report.formats import ReportFormat
    from d2l_kit.report.model import Report

PROJECT = "d2l_kit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Tell = Callable[[str, int, int], None]  # hears of progress: a file's name, the bytes done, those to do


@dataclass(frozen=True)
class DataFile:
    """A file in the folder of a real data set.

    Attributes:
        path: Where it is, or should be.
        problem: What is wrong with it; empty if nothing is.
        counts: Whether it belongs to the set; an unfinished download does not.
    """

    path: Path
    problem: str = ""
    counts: bool = True


@dataclass(frozen=True)
class RealData:
    """What a data set has that is too large, or not ours, to ship.

    Attributes:
        size: Bytes to fetch.
        default: What is used as long as it is not there, for people.
        folder: Where it is kept on this machine.
        inspect: Its files as they are now; none if it is not there.
        get: Put it there, from a folder or else from the network: `get(source, force, tell)`.
    """

    size: int
    default: str
    folder: Callable[[], Path]
    inspect: Callable[[], tuple[DataFile, ...]]
    get: Callable[[Path | None, bool, Tell], None]


@dataclass(frozen=True)
class DataSet:
    """A data set, as `d2l-kit data` and the fixture `data` of checks know it.

    Attributes:
        name: As a check asks for it: `data.NAME()`.
        title: For people.
        licence: In a word.
        load: Gives the data, from this machine alone: it must never reach for the network. What it returns has a
            text `source` that says what it is.
        real: For a set whose real data are fetched; None if it ships whole.
    """

    name: str
    title: str
    licence: str
    load: Callable[[], Any]
    real: RealData | None = None


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
def d2l_kit_data_sets() -> list[DataSet]:  # type: ignore[empty-body]
    """Return the data sets this plugin brings, for checks and for `d2l-kit data`."""


@hookspec
def d2l_kit_report_finished(report: Report) -> None:
    """React to a finished report (store it, send it). Must not change it."""
