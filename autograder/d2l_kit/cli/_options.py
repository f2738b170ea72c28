"""Arguments and options that several commands have, spelt once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from d2l_kit.cli._completion import exercise_names

Names = Annotated[
    list[str],
    typer.Argument(
        metavar="NAMES...",
        help="Chapters or exercises: ch7, ch07/corr2d, corr2d.",
        show_default=False,
        autocompletion=exercise_names,
    ),
]
SomeNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAMES]...",
        help="Chapters or exercises: ch7, ch07/corr2d, corr2d. All by default.",
        show_default=False,
        autocompletion=exercise_names,
    ),
]
InWorkspace = Annotated[
    Path | None,
    typer.Option(
        "-w",
        "--workspace",
        metavar="DIR",
        help="The workspace; by default the one this folder lies in.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")]


class Listing(StrEnum):
    """How a command that is no report prints."""

    TEXT = "text"
    JSON = "json"


ListingFormat = Annotated[Listing, typer.Option("--format", help="How to print.")]


class Level(StrEnum):
    """Levels of confinement, as they are named in reports."""

    NONE = "none"
    PROCESS = "process"
    LANDLOCK = "landlock"
    NAMESPACES = "namespaces"


class Device(StrEnum):
    """What exercises run on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


DemandedLevel = Annotated[
    Level | None,
    typer.Option(
        "--confinement",
        help="Lock submissions in at this level, or stop. `check` takes the best there is, `grade` demands namespaces.",
        show_default=False,
    ),
]
OnDevice = Annotated[Device, typer.Option("--device", help="Where exercises run; auto: a GPU if there is one.")]
Seed = Annotated[
    str, typer.Option("--seed", metavar="S", help="What random inputs are drawn from.", show_default=False)
]
