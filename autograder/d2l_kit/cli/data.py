"""`d2l-kit data`: the data sets: what there is, fetching a real one, where it lies, whether it is whole."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2l_kit.cli._terminal import note, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from d2l_kit.hookspecs import DataFile, DataSet, RealData

_HEAD = ("data set", "to fetch", "here", "licence", "title")
_NONE = "No data set is installed."
_SHIPS = "{name}: ships with the course; there is nothing to fetch."
_DEFAULT = "{name}: not fetched; checks use {default}."
_WHOLE = "{name}: whole, in {folder}"
_BROKEN = "{name}: not whole, in {folder}"
_MEND = "`d2l-kit data get {name}` fetches what is missing or damaged."
_FETCHED = "{name}: the real data set is in {folder}. Checks use it from now on."
_UNKNOWN = "There is no data set named {name!r}."
_GET_WHAT = "`data get` needs the name of a data set: {names}."
_NOTHING_TO_GET = "There is nothing to fetch: every data set ships whole."
_ONLY_GET = "--from and --force are only for `d2l-kit data get`."
_MEGA = 1_000_000


class Action(StrEnum):
    """What to do with data sets."""

    LIST = "list"
    GET = "get"
    PATH = "path"
    CHECK = "check"


def data(
    action: Annotated[
        Action,
        typer.Argument(
            metavar="ACTION",
            help="list: what there is. get: fetch a real data set. path: where it lies, or will. "
            "check: look for damaged and missing files.",
            show_default=False,
        ),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAMES]...", help="Data sets. All by default, but for get.", show_default=False),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Take the files from a folder of yours.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there, even if it is whole.")] = False,
) -> None:
    """List data sets, fetch a real one, say where it lies, look whether it is whole.

    Nothing else in the kit ever downloads. What is not fetched is replaced by an offline default, and reports say
    which was used. The folder is D2L_DATA if that is set.
    """
    from d2l_kit.errors import UsageError
    from d2l_kit.plugins import data_sets

    if action is not Action.GET and (source is not None or force):
        raise UsageError(_ONLY_GET)
    sets = data_sets()
    chosen = _select(sets, names or ())
    if action is Action.LIST:
        _list(chosen)
    elif action is Action.PATH:
        _path(chosen, bool(names))
    elif action is Action.CHECK:
        _check(chosen)
    else:
        if not names:
            fetched = [each.name for each in sets.values() if each.real]
            raise UsageError(_GET_WHAT.format(names=", ".join(fetched)) if fetched else _NOTHING_TO_GET)
        for each in chosen:
            _get(each, source, force)


def _select(sets: Mapping[str, DataSet], names: Sequence[str]) -> list[DataSet]:
    import difflib

    from d2l_kit.errors import UnknownName

    known = {name: name.lower().replace("-", "_") for name in names}
    for name, key in known.items():
        if key not in sets:
            near = difflib.get_close_matches(key, sets, n=1)
            offer = f"Did you mean {near[0]}?" if near else "`d2l-kit data list` shows what there is."
            raise UnknownName(_UNKNOWN.format(name=name), offer)
    return [sets[key] for key in dict.fromkeys(known.values())] if names else [*sets.values()]


def _list(chosen: Sequence[DataSet]) -> None:
    rows = [(each.name, _size(each.real), _here(each.real), each.licence, each.title) for each in chosen]
    typer.echo(table([_HEAD, *rows], indent="") if rows else _NONE)


def _size(real: RealData | None) -> str:
    return f"{real.size / _MEGA:.1f} MB" if real else "-"


def _here(real: RealData | None) -> str:
    if real is None:
        return "ships"
    files = [file for file in real.inspect() if file.counts]
    if not files:
        return "default"
    return "not whole" if any(file.problem for file in files) else "real"


def _path(chosen: Sequence[DataSet], asked_for: bool) -> None:
    for each in chosen:
        if each.real:
            typer.echo(str(each.real.folder()))
        elif asked_for:
            note(_SHIPS.format(name=each.name))


def _check(chosen: Sequence[DataSet]) -> None:
    from d2l_kit.errors import EXIT_CHECK_FAILED

    whole = [_is_whole(each) for each in chosen]
    if not all(whole):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _is_whole(each: DataSet) -> bool:
    """Say how it is with a data set; false if files are damaged or missing."""
    if each.real is None:
        typer.echo(_SHIPS.format(name=each.name))
        return True
    files = each.real.inspect()
    counting = [file for file in files if file.counts]
    broken = any(file.problem for file in counting)
    if not counting:
        typer.echo(_DEFAULT.format(name=each.name, default=each.real.default))
    else:
        typer.echo((_BROKEN if broken else _WHOLE).format(name=each.name, folder=each.real.folder()))
    for file in files:
        typer.echo(_line(file))
    if broken:
        typer.echo(_MEND.format(name=each.name))
    return not broken


def _line(file: DataFile) -> str:
    return f"  {'✗' if file.problem and file.counts else '·'} {file.path.name}: {file.problem or 'right'}"


def _get(each: DataSet, source: Path | None, force: bool) -> None:
    if each.real is None:
        note(_SHIPS.format(name=each.name))
        return
    each.real.get(source, force, _Progress())
    typer.echo(_FETCHED.format(name=each.name, folder=each.real.folder()))


class _Progress:
    """Says how far a file is, on stderr: ever again on a terminal, once it is done elsewhere."""

    def __init__(self) -> None:
        self._percent = -1

    def __call__(self, name: str, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        live = sys.stderr.isatty()
        if done < total and (not live or percent == self._percent):
            return
        self._percent = percent if done < total else -1
        text = f"{name}: {percent} % of {total / _MEGA:.2f} MB"
        start = "\r" if live else ""
        print(f"{start}{text}", file=sys.stderr, end="" if live and done < total else "\n", flush=True)
