"""What learning platforms say of a hand-in by the way they name it: whose it is, which attempt, how late.

    Canvas      lovelaceada_LATE_4711_90210_hw2-1.zip    name, late, user's number, file's number, the file; -1: again
                anon_xY3zQ_90210_hw2.zip                 where grading is anonymous
    Moodle      Ada Lovelace_12345_assignsubmission_file_/hw2.zip     12345: "Participant 12345" in the worksheet
                Ada Lovelace_12345_assignsubmission_file_hw2.zip      loose files, by the teacher's preference
    nbgrader    ada+hw2+2026-11-20 10:00:00.123456 UTC+mG5vYw_x-9Ab    the exchange's inbound folder
                submitted/ada/hw2/timestamp.txt                       a course's folder
    Gradescope  submission_123456/ beside submission_metadata.yml

Sources: canvas-lms lib/content_zipper.rb, moodle mod/assign/classes/downloader.php, nbgrader exchange/default/
submit.py and collect.py.
Gradescope's file was seen in exports only: its keys are Ruby symbols (`:submitters:`), its times have a zone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from d2l_kit.errors import MachineError, SubmissionError
from d2l_kit.submission._model import Told
from d2l_kit.submission._names import folded, suffix_of

GRADESCOPE_FILE = "submission_metadata.yml"
MAX_GRADESCOPE = 64 << 20  # bytes: the results of every attempt stand in it
TIMESTAMP_FILE = "timestamp.txt"
MAX_TIMESTAMP = 200

CANVAS = "Canvas"
MOODLE = "Moodle"
NBGRADER = "nbgrader"
GRADESCOPE = "Gradescope"

_LATE = r"(?:(?P<late>LATE|late)_)?"
_CANVAS = re.compile(
    rf"(?P<name>(?=\w*?[^\W\d_])\w+?)_{_LATE}(?P<id>\d{{2,}})_(?P<file>\d{{3,}})_(?P<own>.+)\Z", re.DOTALL
)
_CANVAS_ANONYMOUS = re.compile(rf"{_LATE}anon_(?P<id>[^\W_]+)_(?P<file>\d{{3,}})_(?P<own>.+)\Z", re.DOTALL)
_AGAIN = re.compile(r"-(\d{1,2})\Z")
_MOODLE = re.compile(r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<own>.*))?\Z", re.DOTALL)
_INBOUND = re.compile(
    r"(?P<student>.+)\+(?P<assignment>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d \d\d.\d\d.\d\d.*?)(?:\+[-\w]{12})?\Z", re.DOTALL
)
_GRADESCOPE = re.compile(r"submission_(\d+)\Z")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d).(\d\d).(\d\d(?:\.\d{1,9})?) ?(.*)\Z", re.DOTALL)

_NO_YAML = "Reading {file} needs pyyaml, which is not installed."
_NO_YAML_REMEDY = 'pip install "d2l-kit[instructor]"'
_DAMAGED = "{file} cannot be read: {reason}."
_DAMAGED_REMEDY = "Download the submissions again, or take the file away: then folders are matched by their names."


@dataclass(frozen=True)
class Named:
    """A name that a platform made.

    Attributes:
        person: What is the same for all that this student hands in.
        begins: How all files of this hand-in begin; "" where it is one folder.
        own: The file as its author called it; "" for a folder.
        assignment: The assignment, where the name holds it.
        is_work: Whether it is code, not a text typed into the platform's page.
    """

    person: str
    told: Told
    begins: str = ""
    own: str = ""
    assignment: str = ""
    is_work: bool = True


def named(name: str, is_folder: bool) -> Named | None:
    """What a platform says by a name; None: no platform made it."""
    name = unicodedata.normalize("NFC", name)
    if found := _MOODLE.match(name):
        return _moodle(found, is_folder)
    if found := _INBOUND.match(name):
        told = Told((found["student"],), at=time_of(found["time"]), platform=NBGRADER, source="nbgrader's exchange")
        return Named(found["student"], told, assignment=found["assignment"])
    if is_folder:
        return None
    if found := _CANVAS_ANONYMOUS.match(name):
        return _canvas(found, f"anon_{found['id']}", ())
    if found := _CANVAS.match(name):
        return _canvas(found, f"{found['name']}_{found['id']}", (found["name"],))
    return None


def own_names(names: Iterable[str]) -> dict[str, str]:
    """By name: how its author called the file, before a platform put its own before and after.

    Where two files would get one name, Canvas's `-1` stays.
    """
    files = {name: found for name in names if (found := named(name, is_folder=False)) and found.own}
    own = {name: _without_again(found) for name, found in files.items()}
    taken = [folded(each) for each in own.values()]
    return {name: found.own if taken.count(folded(own[name])) > 1 else own[name] for name, found in files.items()}


def time_of(text: str) -> datetime | None:
    """A time as nbgrader writes it, "2026-11-20 10:00:00.123456 UTC"; without a zone it is UTC, too.

    None where it is no time, or where its zone ("PST") says different things in different places.
    """
    found = _TIME.match(text.strip())
    if not found:
        return None
    day, hour, minute, second, zone = found.groups()
    clock = f"{day} {hour}:{minute}:{second[:9].ljust(9, '0') if '.' in second else second}"
    try:
        if zone in ("", "Z", "UTC", "GMT"):
            return datetime.fromisoformat(clock).replace(tzinfo=UTC)
        if zone[0] in "+-":
            return datetime.fromisoformat(clock + zone)
        if "/" in zone:
            return datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError):  # ZoneInfo raises each of these for some unknown name
        return None
    return None


def gradescope(content: bytes, file: str) -> Mapping[str, tuple[Told, ...]]:
    """By folder: one `Told` for each member of the group that handed it in.

    Raises:
        SubmissionError: It is not the file that Gradescope writes.
        MachineError: pyyaml is not installed.
    """
    table = _yaml(content, file)
    if not isinstance(table, dict):
        raise SubmissionError(_DAMAGED.format(file=file, reason="it holds no table of submissions"), _DAMAGED_REMEDY)
    return {str(name): _submitters(str(name), entry) for name, entry in table.items() if isinstance(entry, dict)}


def _canvas(found: re.Match[str], person: str, names: tuple[str, ...]) -> Named:
    again = _AGAIN.search(_stem(found["own"]))
    told = Told(
        candidates=(found["id"], *names),
        attempt=int(again[1]) + 1 if again else 1,
        serial=int(found["file"][:18]),
        marked_late=bool(found["late"]),
        platform=CANVAS,
        key="canvas_id",
    )
    return Named(person, told, begins=found.string[: found.start("file")], own=found["own"])


def _moodle(found: re.Match[str], is_folder: bool) -> Named:
    number, name = found["id"] or "", found["name"]
    told = Told(tuple(filter(None, (number, name))), platform=MOODLE, key="moodle_id" if number else "")
    own = "" if is_folder else found["own"] or ""
    begins = found.string[: found.start("own")] if own else ""
    return Named(f"{name}_{number}" if number else name, told, begins, own, is_work=found["kind"] != "onlinetext")


def _without_again(found: Named) -> str:
    if found.told.platform != CANVAS:
        return found.own
    stem = _stem(found.own)
    return _AGAIN.sub("", stem) + found.own[len(stem) :]


def _stem(name: str) -> str:
    return name[: len(name) - len(suffix_of(name))]


def _submitters(folder: str, entry: Mapping[Any, Any]) -> tuple[Told, ...]:
    people = _get(entry, "submitters")
    history = _get(entry, "history")
    number = _GRADESCOPE.match(folder)
    at = _moment(_get(entry, "created_at"))
    return tuple(
        Told(
            candidates=tuple(text for key in ("sid", "email", "name") if (text := _text(_get(person, key)))),
            attempt=len(history) + 1 if isinstance(history, list) else None,
            serial=int(number[1][:18]) if number else None,
            at=at,
            platform=GRADESCOPE,
            source=f"Gradescope's {GRADESCOPE_FILE}" if at else "",
        )
        for person in (people if isinstance(people, list) else [])
        if isinstance(person, dict)
    )


def _get(table: Mapping[Any, Any], key: str) -> Any:
    return table.get(f":{key}", table.get(key))


def _text(value: object) -> str:
    """An id may have been read as a number, and an empty one as nothing."""
    return " ".join(str(value).split())[:200] if isinstance(value, str | int) else ""


def _moment(value: object) -> datetime | None:
    if isinstance(value, dict):  # a Ruby time object, spelt out
        value = value.get("utc")
    if isinstance(value, str):
        value = time_of(value)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _yaml(content: bytes, file: str) -> object:
    """YAML as plain data: Ruby's objects become the tables that they are written as, and none is made."""
    try:
        import yaml
    except ImportError as error:
        raise MachineError(_NO_YAML.format(file=file), _NO_YAML_REMEDY) from error
    fastest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # of C: ten times as fast

    class Loader(fastest):  # type: ignore[misc]
        """A loader of its own, so that none of the whole process's is changed."""

    def plain(loader: Any, _tag: str, node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node)

    def as_written(loader: Any, node: yaml.Node) -> object:
        return loader.construct_scalar(node)

    Loader.add_multi_constructor("!ruby/", plain)
    # An id such as 007 is eight-based for YAML 1.1, and 12:30 is a number of base sixty: the text is what counts.
    for kind in ("int", "float", "timestamp"):
        Loader.add_constructor(f"tag:yaml.org,2002:{kind}", as_written)
    if len(content) > MAX_GRADESCOPE:
        reason = f"it is larger than {MAX_GRADESCOPE >> 20} MiB"
        raise SubmissionError(_DAMAGED.format(file=file, reason=reason), _DAMAGED_REMEDY)
    try:
        return yaml.load(content, Loader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        reason = f"it is no YAML, line {line + 1}" if line is not None else "it is no YAML"
        raise SubmissionError(_DAMAGED.format(file=file, reason=reason), _DAMAGED_REMEDY) from error
