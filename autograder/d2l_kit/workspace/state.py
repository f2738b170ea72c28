"""What the kit remembers in a workspace: hints seen, last verdicts; in `.d2l-kit/state.json`.

A file that cannot be understood is moved aside and said, never a reason to stop: nothing in
it is precious, and it may be deleted.
One from a newer kit is refused instead, since it is not broken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from d2l_kit.catalog import Exercise
from d2l_kit.errors import UsageError
from d2l_kit.report.model import ExerciseResult, Report, Status
from d2l_kit.workspace.files import explained, write_atomically
from d2l_kit.workspace.layout import Workspace

STATE_FORMAT = 1

_BROKEN = "{path} could not be understood ({why}); it is now {broken}, and hints and last verdicts start afresh."


@dataclass(frozen=True)
class Verdict:
    """How an exercise fared when it was last checked.

    Attributes:
        status: One of `report.model.ExerciseStatus`.
        passed: How many checks it passed,
        checks: of how many.
        at: When, ISO 8601 with offset.
        source: SHA-256 of the file that was checked.
    """

    status: str
    passed: int
    checks: int
    at: str
    source: str


@dataclass(frozen=True)
class State:
    """Everything remembered, by exercise id; `notes` tells what went wrong in reading it."""

    hints: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_state(workspace: Workspace) -> State:
    """The workspace's state; an empty one if there is none or it is broken.

    Raises:
        UsageError: A newer kit wrote it, or the file system refuses it.
    """
    path = _path(workspace)
    try:
        with explained("cannot read", path):
            content = path.read_bytes() if path.exists() else None
        return State() if content is None else _state(content, path)
    except (ValueError, RecursionError) as error:
        broken = path.with_name(path.name + ".broken")
        with explained("cannot move aside", path):
            path.replace(broken)
        why = f"{type(error).__name__}: {error}"
        return State(notes=(_BROKEN.format(path=workspace.shown(path), why=why, broken=workspace.shown(broken)),))


def write_state(workspace: Workspace, state: State) -> None:
    """Replace the workspace's state as a whole."""
    path = _path(workspace)
    verdicts = {name: asdict(verdict) for name, verdict in sorted(state.verdicts.items())}
    document = {"format": STATE_FORMAT, "hints": dict(sorted(state.hints.items())), "verdicts": verdicts}
    with explained("cannot write", path):
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, (json.dumps(document, indent=2) + "\n").encode())


def remember_verdicts(workspace: Workspace, report: Report, sources: Mapping[str, str], at: str) -> None:
    """Keep a report's verdicts as the last ones.

    Args:
        sources: SHA-256 of what was checked, by exercise id.
        at: When, ISO 8601 with offset.
    """
    state = read_state(workspace)
    verdicts = {result.id: _verdict_of(result, sources.get(result.id, ""), at) for result in report.exercises}
    write_state(workspace, replace(state, verdicts={**state.verdicts, **verdicts}))


def forget_verdicts(workspace: Workspace, exercises: Iterable[Exercise]) -> None:
    """Drop the last verdicts on exercises, if there are any."""
    state, gone = read_state(workspace), {exercise.id for exercise in exercises}
    if gone & state.verdicts.keys():
        kept = {name: verdict for name, verdict in state.verdicts.items() if name not in gone}
        write_state(workspace, replace(state, verdicts=kept))


def digest(path: Path) -> str:
    """SHA-256 of a file, as `Verdict.source` holds it; empty if there is none."""
    with explained("cannot read", path):
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _path(workspace: Workspace) -> Path:
    return workspace.kit_folder / "state.json"


def _state(content: bytes, path: Path) -> State:
    data = _mapping(json.loads(content))
    found = data.get("format")
    if isinstance(found, int) and found > STATE_FORMAT:
        raise UsageError(
            f"{path}: written by a newer d2l-kit (format {found}; this one reads {STATE_FORMAT}).",
            "Update the kit: pip install --upgrade d2l-kit",
        )
    if found != STATE_FORMAT:
        raise ValueError(f"format is {found!r}")
    hints = {name: _number(count) for name, count in _mapping(data.get("hints", {})).items()}
    verdicts = {name: _verdict(_mapping(entry)) for name, entry in _mapping(data.get("verdicts", {})).items()}
    return State(hints, verdicts)


def _verdict_of(result: ExerciseResult, source: str, at: str) -> Verdict:
    passed = sum(check.status is Status.PASSED for check in result.checks)
    return Verdict(result.status.value, passed, len(result.checks), at, source)


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    texts = {key: entry.get(key) for key in ("status", "at", "source")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("a verdict is not complete")
    return Verdict(passed=_number(entry.get("passed")), checks=_number(entry.get("checks")), **texts)  # type: ignore[arg-type]  # strings, as just seen


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a table was expected")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a count was expected")
    return value
