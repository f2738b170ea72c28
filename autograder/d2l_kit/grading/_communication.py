"""The communication of ranks as data: read from what each rank has logged of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from d2l_kit.grading.asserts import CheckFailed

MAX_EVENTS = 20_000
UNREADABLE = "What the ranks did should be readable."


@dataclass(frozen=True)
class Communication:
    """One call of torch.distributed on one rank.

    Attributes:
        op: "send", "recv", "all_reduce", "broadcast" …; one name for all variants of an operation.
        peer: The other rank of a send or recv, the root of a rooted collective, else None.
        elements: How many numbers of this rank go in.
        bytes: Their size.
        dtype: Their kind, such as "float32".
        group: Name of the process group.
        ranks: Its ranks.
        issued: Its place in the order of this rank's events.
        waited: The place at which somebody began to wait for it; None if nobody did in Python.
        blocking: Whether torch itself waited at once, so that the call was no asynchronous one.
        line: The student's line that made it; 0 if made elsewhere.
        tag: Of a send or recv.
    """

    op: str
    peer: int | None
    elements: int
    bytes: int
    dtype: str
    group: str
    ranks: tuple[int, ...]
    issued: int
    waited: int | None = None
    blocking: bool = False
    line: int = 0
    tag: int = 0

    @property
    def point_to_point(self) -> bool:
        """Whether it goes between two ranks."""
        return self.op in ("send", "recv")


@dataclass(frozen=True)
class RankLog:
    """One rank's calls in the order they were issued, and (label, place in that order) of its probe's marks."""

    calls: tuple[Communication, ...] = ()
    marks: tuple[tuple[str, int], ...] = ()


def read_log(text: Any) -> RankLog:
    """A rank's log from its lines of JSON.

    Raises:
        CheckFailed: It is not as the kit writes it; a student's code may have.
    """
    calls: dict[int, Communication] = {}
    marks: list[tuple[str, int]] = []
    try:
        lines = bytes(text).decode("ascii").splitlines()[:MAX_EVENTS]
        for place, line in enumerate(lines):
            event = json.loads(line)
            if event["event"] == "issue":
                calls[int(event["number"])] = _call(event, place)
            elif event["event"] == "mark":
                marks.append((str(event["label"]), place))
            elif event["event"] == "wait" and int(event["number"]) in calls:
                number = int(event["number"])
                known = calls[number]
                if known.waited is None:
                    calls[number] = replace(known, waited=place, blocking=bool(event["by_library"]))
    except Exception as error:  # hostile bytes: whatever fails while reading means one thing
        raise CheckFailed(UNREADABLE, f"A log of communication is damaged ({type(error).__name__}).") from None
    return RankLog(tuple(calls[number] for number in sorted(calls)), tuple(marks))


def _call(event: Mapping[str, Any], place: int) -> Communication:
    peer = event["peer"]
    return Communication(
        op=str(event["op"]),
        peer=None if peer is None else int(peer),
        elements=int(event["elements"]),
        bytes=int(event["bytes"]),
        dtype=str(event["dtype"]),
        group=str(event["group"]),
        ranks=tuple(int(rank) for rank in event["ranks"]),
        issued=place,
        line=int(event["line"]),
        tag=int(event["tag"]),
    )
