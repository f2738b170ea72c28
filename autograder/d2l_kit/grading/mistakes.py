"""Misconceptions as they are written down: edits of the solution, read from `<exercise>.mistakes.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2l_kit.catalog import Exercise
from d2l_kit.errors import AuthorError

_KEYS = {"name", "tells", "caught_by", "replace", "by", "edits", "file"}


@dataclass(frozen=True)
class Mistake:
    """A wrong solution a student would write.

    Attributes:
        name: Such as "flips_kernel".
        tells: What the student is told.
        caught_by: Names of checks that must reject it.
        source: The whole wrong file.
    """

    name: str
    tells: str
    caught_by: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Equivalent:
    """A mechanical mutant that behaves like the solution, and why."""

    mutant: str
    reason: str


def read_mistakes(exercise: Exercise) -> tuple[Mistake, ...]:
    """The misconceptions of an exercise in teaching order; none where the reference is not installed.

    Raises:
        AuthorError: The file breaks the contract, or an edit does not apply exactly once.
    """
    path, solution = exercise.files.mistakes, exercise.files.solution
    if path is None or solution is None:
        return ()
    original = solution.read_text(encoding="utf-8")
    entries = _toml(path).get("mistake", [])
    mistakes = tuple(_mistake(path, original, entry) for entry in entries)
    names = [mistake.name for mistake in mistakes]
    for name in names:
        if names.count(name) > 1:
            raise AuthorError(f"{path}: two mistakes are named {name!r}.", "Rename one.")
    return mistakes


def read_equivalents(exercise: Exercise) -> tuple[Equivalent, ...]:
    """The mutants marked equivalent, each with its reason.

    Raises:
        AuthorError: An entry lacks its reason.
    """
    path = exercise.files.mistakes
    if path is None:
        return ()
    found = []
    for entry in _toml(path).get("equivalent", []):
        if not entry.get("reason") or not entry.get("mutant"):
            raise AuthorError(f"{path}: an [[equivalent]] needs `mutant` and `reason`.", "Say why it changes nothing.")
        found.append(Equivalent(entry["mutant"], entry["reason"]))
    return tuple(found)


def required_solutions(exercise: Exercise) -> dict[str, str]:
    """Name → solution of each exercise that this one may import, where the reference is installed."""
    solution = exercise.files.solution
    if solution is None:
        return {}
    paths = {name: solution.with_name(f"{name}.py") for name in exercise.requires}
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.is_file()}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuthorError(f"{path}: cannot be read: {error}.", "Correct the file.") from error


def _mistake(path: Path, original: str, entry: Mapping[str, Any]) -> Mistake:
    name = entry.get("name", "?")
    where = f"{path}: mistake {name!r}"
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise AuthorError(f"{where}: unknown key {unknown[0]!r}.", f"Known keys: {', '.join(sorted(_KEYS))}.")
    for key in ("name", "tells", "caught_by"):
        if not entry.get(key):
            raise AuthorError(f"{where}: {key!r} is missing or empty.", "Add it.")
    texts = [entry["name"], entry["tells"], *(entry["caught_by"] if isinstance(entry["caught_by"], list) else [None])]
    if not all(isinstance(text, str) for text in texts):
        raise AuthorError(f"{where}: `name` and `tells` are strings, `caught_by` a list of strings.", "Correct it.")
    return Mistake(
        name,
        " ".join(entry["tells"].split()),
        tuple(entry["caught_by"]),
        _source(where, path, original, entry),
    )


def _source(where: str, path: Path, original: str, entry: Mapping[str, Any]) -> str:
    if "file" in entry:
        try:
            return Path(path.parent / entry["file"]).read_text(encoding="utf-8")
        except OSError as error:
            raise AuthorError(f"{where}: {error}.", "Correct `file`.") from error
    edits = entry.get("edits") or [{"replace": entry.get("replace"), "by": entry.get("by")}]
    source: str = original
    for edit in edits:
        old, new = edit.get("replace"), edit.get("by")
        if not isinstance(old, str) or not isinstance(new, str):
            raise AuthorError(f"{where}: an edit needs `replace` and `by`.", "Or give the whole `file`.")
        times = source.count(old)
        if times != 1:
            raise AuthorError(
                f"{where}: {old!r} occurs {times} times in the solution.", "An edit must apply exactly once."
            )
        source = source.replace(old, new)
    return source
