"""The wheels that an export carries: the kit, and all packages that plug into it, such as the instructor's.

A package that is installed in place from a folder of sources is built from there, with the tools that are installed
here (`python -m build --no-isolation`); hatchling's wheels hold no time, so twice the same sources give the same bytes.
An installed wheel cannot be packed again: then wheels must be given.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.requirements import Requirement

from d2l_kit.catalog import Exercise
from d2l_kit.errors import MachineError, UsageError
from d2l_kit.workspace.files import explained

KIT = "d2l-kit"
INSTRUCTOR = "d2l-kit-instructor"
TRITON = "triton"  # the package, and the runtime that needs it
PLUGINS = "d2l_kit"  # the group of entry points that plugins are found through

_NOT_INSTALLED = "The hidden checks are not installed here: there is no package {name}."
_NOT_INSTALLED_HOW = "Install the instructor's wheel, then export again; students' machines must not have it."
_NO_SOURCES = "{name} is installed from a wheel, which cannot be packed again."
_NO_SOURCES_HOW = "Give --wheels DIR, a folder with the wheels of {names} (`make wheels` builds the kit's into dist/)."
_NO_BUILD = "{name} is to be built from {folder}, and the package `build` is not installed."
_NO_BUILD_HOW = "pip install build hatchling, or give --wheels DIR with wheels that are built."
_NOT_BUILT = "{name} could not be built from {folder}: {why}"
_NOT_BUILT_HOW = "See what `python -m build --no-isolation --wheel {folder}` says, or give --wheels DIR."
_NO_FOLDER = "--wheels {folder}: there is no such folder."
_MISSING = "--wheels {folder} holds no wheel of {name}."
_SEVERAL = "--wheels {folder} holds {count} wheels of {name}: {files}."
_TIME_LIMIT = 300  # seconds for one wheel


def wheels(given: Path | None, *, instructor: bool) -> dict[str, bytes]:
    """The wheels by file name.

    Args:
        given: A folder to take them from; None: build them.
        instructor: With hidden checks. Without, a wheel that plugs in beside the kit is not taken along either.

    Raises:
        UsageError: One is missing, or cannot be built from what is installed.
        MachineError: One could not be built.
    """
    names = _needed(instructor)
    if given is not None:
        return _found(given, names)
    unbuildable = [name for name in names if _sources(name) is None]
    if unbuildable:
        raise UsageError(_NO_SOURCES.format(name=unbuildable[0]), _NO_SOURCES_HOW.format(names=", ".join(names)))
    with tempfile.TemporaryDirectory(prefix="d2l-kit-wheels-") as folder:
        for name in names:
            _build(name, Path(folder))
        return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.whl"))}


def constraints(exercises: Iterable[Exercise]) -> bytes:
    """constraints.txt: what the kit and the exercises need, at the versions installed here.

    `torch==2.13.0`, never with a local part such as `+cpu`, so that every build of it will do.
    """
    found = []
    for line in importlib.metadata.distribution(KIT).requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found.append(f"{requirement.name}=={version(requirement.name)}")
    if _with_triton(exercises) and importlib.util.find_spec(TRITON) is not None:
        found.append(f"{TRITON}=={version(TRITON)}")
    return "".join(f"{line}\n" for line in sorted(found)).encode()


def more_packages(exercises: Iterable[Exercise]) -> tuple[str, ...]:
    """What is to be installed besides the wheels and what they ask for."""
    return (TRITON,) if _with_triton(exercises) else ()


def version(name: str) -> str:
    """The version installed here, without its local part."""
    return importlib.metadata.version(name).partition("+")[0]


def _with_triton(exercises: Iterable[Exercise]) -> bool:
    return any(exercise.runtime == TRITON for exercise in exercises)


def _needed(instructor: bool) -> tuple[str, ...]:
    if not instructor:
        return (KIT,)
    plugged = {_name(entry.dist) for entry in importlib.metadata.entry_points(group=PLUGINS) if entry.dist}
    if INSTRUCTOR not in plugged:
        raise UsageError(_NOT_INSTALLED.format(name=INSTRUCTOR), _NOT_INSTALLED_HOW)
    return tuple(sorted({KIT, *plugged}))


def _found(folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    if not folder.is_dir():
        raise UsageError(_NO_FOLDER.format(folder=folder), "Build them: make wheels")
    taken = {}
    for name in names:
        files = [path for path in sorted(folder.glob("*.whl")) if _normal(path.name.partition("-")[0]) == name]
        if not files:
            raise UsageError(_MISSING.format(folder=folder, name=name), f"It needs those of {', '.join(names)}.")
        if len(files) > 1:
            listed = ", ".join(path.name for path in files)
            text = _SEVERAL.format(folder=folder, count=len(files), name=name, files=listed)
            raise UsageError(text, "Leave the one that is wanted.")
        with explained("cannot read", files[0]):
            taken[files[0].name] = files[0].read_bytes()
    return taken


def _sources(name: str) -> Path | None:
    """The folder that a package is installed in place from; None where it is not."""
    text = importlib.metadata.distribution(name).read_text("direct_url.json")
    origin = json.loads(text) if text else {}
    if not origin.get("dir_info", {}).get("editable"):
        return None
    folder = Path(url2pathname(urlsplit(origin["url"]).path))
    return folder if (folder / "pyproject.toml").is_file() else None


def _build(name: str, out: Path) -> None:
    folder = _sources(name)
    if importlib.util.find_spec("build") is None:
        raise UsageError(_NO_BUILD.format(name=name, folder=folder), _NO_BUILD_HOW)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(folder)]
    try:
        run = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=_TIME_LIMIT, check=False
        )
        why = "" if run.returncode == 0 else next(_last_line(run.stdout + run.stderr))
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(error)
    if why:
        how = _NOT_BUILT_HOW.format(folder=folder)
        raise MachineError(_NOT_BUILT.format(name=name, folder=folder, why=why), how)


def _last_line(text: str) -> Iterator[str]:
    yield from (line.strip() for line in reversed(text.splitlines()) if line.strip())
    yield "it said nothing"


def _name(distribution: Distribution) -> str:
    return _normal(distribution.name)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
