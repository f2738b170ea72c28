"""A Report as a JSON document and back: versioned, exact, readable by every JSON parser.

The document is described by `schema.json` beside this module. Points are exact strings ("15/2"); keys that
end in `_text` hold the same rounded for people. What can be computed (points earned) is written for readers
and ignored when read back: the checks decide. Lone surrogates are written out: strict parsers refuse them.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from fractions import Fraction
from typing import Any, NoReturn

from d2l_kit import __version__
from d2l_kit.errors import UsageError
from d2l_kit.report._reader import Broken, Reader
from d2l_kit.report.model import (
    REPORT_FORMAT,
    CheckResult,
    Confinement,
    Diagnosis,
    Evidence,
    ExerciseResult,
    ExerciseStatus,
    Location,
    Report,
    Status,
    Visibility,
    points_text,
)
from d2l_kit.report.text import without_surrogates

Json = dict[str, Any]

_OTHER_FORMAT = "{file} is a report of format {found}; d2l-kit {version} reads {known}."
_OTHER_FORMAT_REMEDY = "Update d2l-kit (`pip install --upgrade d2l-kit`), or grade the submission again."
_NOT_A_REPORT = "{file} is not a report of d2l-kit: {why}."
_NOT_A_REPORT_REMEDY = "Reports are written by `d2l-kit grade`; grade the submission again."
_WEIGHT = re.compile(r"[0-9]{1,18}(/[1-9][0-9]{0,17})?", re.ASCII)
_LAID_OUT_DEPTH = 4  # document, exercises, exercise, checks: what lies deeper is one line, so a check is one


def to_dict(report: Report) -> Json:
    """`report` as plain JSON data."""
    return {
        "format": REPORT_FORMAT,
        "submission": without_surrogates(report.submission),
        "student": without_surrogates(report.student),
        "assignment": without_surrogates(report.assignment),
        "scope": report.scope,
        "graded_at": report.graded_at,
        "points": report.points,
        **points_to_dict(report.earned, report.pending),
        "seed": without_surrogates(report.seed),
        "digest": report.digest,
        "made_from": {name: without_surrogates(value) for name, value in report.made_from.items()},
        "device": report.device,
        "duration": report.duration,
        "versions": dict(report.versions),
        "confinement": {
            "level": report.confinement.level,
            "mechanisms": texts(report.confinement.mechanisms),
            "missing": texts(report.confinement.missing),
            "network": report.confinement.network,
            "memory_bound": report.confinement.memory_bound,
        },
        "notes": texts(report.notes),
        "exercises": [_exercise_to_dict(exercise) for exercise in report.exercises],
    }


def from_dict(data: Any, file: str = "the document") -> Report:
    """The report that `to_dict` made `data` from.

    Args:
        data: Parsed JSON.
        file: Where it was read from, for the error message.

    Raises:
        UsageError: It is of another format or version, or broken; names file, place and remedy.
    """
    if not isinstance(data, dict):
        raise _not_a_report(file, "the document is no JSON object")
    if data.get("format") != REPORT_FORMAT:
        found = repr(data["format"]) if "format" in data else "unknown"
        raise UsageError(
            _OTHER_FORMAT.format(file=file, found=found, version=__version__, known=repr(REPORT_FORMAT)),
            _OTHER_FORMAT_REMEDY,
        )
    try:
        return _report(Reader(data, ""))
    except Broken as broken:
        raise _not_a_report(file, str(broken)) from None


def to_json(report: Report) -> str:
    """`report` as the text of a file: ASCII, a check a line."""
    return layout(to_dict(report)) + "\n"


def from_json(text: str, file: str = "the document") -> Report:
    """The report in the text of a file.

    Raises:
        UsageError: As `from_dict`, or the text is not JSON.
    """
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _not_a_report(file, f"it is not JSON: {error}") from None
    return from_dict(data, file)


def layout(value: Any, depth: int = 0) -> str:
    """JSON text with a line for each check: short enough to read, whole enough to compare line by line."""
    if depth >= _LAID_OUT_DEPTH or not value or not isinstance(value, dict | list):
        return json.dumps(value, allow_nan=False)
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {layout(item, depth + 1)}" for key, item in value.items()]
        return _bracketed("{", items, "}", depth)
    return _bracketed("[", [layout(item, depth + 1) for item in value], "]", depth)


def points_to_dict(earned: Fraction, pending: Fraction) -> Json:
    """Points earned and pending, exact and for people."""
    return {
        "earned": str(earned),
        "earned_text": points_text(earned),
        "pending": str(pending),
        "pending_text": points_text(pending),
    }


def location_to_dict(location: Location | None) -> Json | None:
    """A location, or None."""
    if location is None:
        return None
    return {"file": without_surrogates(location.file), "line": location.line, "cell": location.cell}


def diagnosis_to_dict(diagnosis: Diagnosis | None) -> Json | None:
    """A diagnosis, or None."""
    if diagnosis is None:
        return None
    return {"source": diagnosis.source, "name": diagnosis.name, "tells": without_surrogates(diagnosis.tells)}


def texts(lines: tuple[str, ...]) -> list[str]:
    """Notes as a list."""
    return [without_surrogates(line) for line in lines]


def _exercise_to_dict(exercise: ExerciseResult) -> Json:
    return {
        "id": exercise.id,
        "title": exercise.title,
        "file": without_surrogates(exercise.file),
        "status": exercise.status.value,
        "points": exercise.points,
        **points_to_dict(exercise.earned, exercise.pending),
        "duration": exercise.duration,
        "time_limit": exercise.time_limit,
        "diagnosis": diagnosis_to_dict(exercise.diagnosis),
        "notes": texts(exercise.notes),
        "checks": [_check_to_dict(check) for check in exercise.checks],
    }


def _check_to_dict(check: CheckResult) -> Json:
    return {
        "name": check.name,
        "title": check.title,
        "visibility": check.visibility.value,
        "status": check.status.value,
        "weight": str(check.weight),
        "evidence": check.evidence.value,
        "pending": check.pending,
        "message": without_surrogates(check.message),
        "detail": without_surrogates(check.detail),
        "location": location_to_dict(check.location),
        "duration": check.duration,
        "log": without_surrogates(check.log),
        "notes": texts(check.notes),
    }


def _report(read: Reader) -> Report:
    return Report(
        submission=read.get("submission", str),
        exercises=read.each("exercises", _exercise),
        confinement=read.one("confinement", _confinement),
        scope=read.choice("scope", _scope),
        graded_at=read.get("graded_at", str),
        student=read.get("student", str),
        assignment=read.get("assignment", str),
        seed=read.get("seed", str),
        device=read.get("device", str),
        versions=read.mapping("versions"),
        notes=read.strings("notes"),
        duration=read.get("duration", float),
        digest=read.get("digest", str),
        made_from=read.mapping("made_from"),
    )


def _exercise(read: Reader) -> ExerciseResult:
    return ExerciseResult(
        id=read.get("id", str),
        title=read.get("title", str),
        points=read.natural("points"),
        status=read.choice("status", ExerciseStatus),
        checks=read.each("checks", _check),
        diagnosis=read.maybe("diagnosis", _diagnosis),
        notes=read.strings("notes"),
        duration=read.get("duration", float),
        time_limit=read.get("time_limit", float),
        file=read.get("file", str),
    )


def _check(read: Reader) -> CheckResult:
    return CheckResult(
        name=read.get("name", str),
        title=read.get("title", str),
        visibility=read.choice("visibility", Visibility),
        status=read.choice("status", Status),
        weight=read.choice("weight", _weight),
        evidence=read.choice("evidence", Evidence),
        message=read.get("message", str),
        detail=read.get("detail", str),
        location=read.maybe("location", _location),
        duration=read.get("duration", float),
        log=read.get("log", str),
        notes=read.strings("notes"),
        pending=read.get("pending", bool),
    )


def _diagnosis(read: Reader) -> Diagnosis:
    return Diagnosis(read.get("source", str), read.get("name", str), read.get("tells", str))


def _location(read: Reader) -> Location:
    return Location(read.get("file", str), read.get("line", int), read.maybe_int("cell"))


def _confinement(read: Reader) -> Confinement:
    return Confinement(
        level=read.get("level", str),
        mechanisms=read.strings("mechanisms"),
        missing=read.strings("missing"),
        network=read.get("network", str),
        memory_bound=read.get("memory_bound", str),
    )


class _Scope(StrEnum):
    PUBLIC = "public"
    ALL = "all"


def _scope(text: str) -> str:
    return _Scope(text).value


def _weight(text: str) -> Fraction:
    if not _WEIGHT.fullmatch(text):  # Fraction("1e999999999") would take for ever
        raise ValueError(text)
    return Fraction(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _not_a_report(file: str, why: str) -> UsageError:
    return UsageError(_NOT_A_REPORT.format(file=file, why=why), _NOT_A_REPORT_REMEDY)


def _bracketed(left: str, items: list[str], right: str, depth: int) -> str:
    indent = " " * (depth + 1)
    return f"{left}\n{indent}" + f",\n{indent}".join(items) + f"\n{' ' * depth}{right}"
