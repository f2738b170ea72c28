"""What went wrong between ranks, and whose doing it is.

When one rank fails its neighbours fail too, with errors about closed connections, and often sooner than the one at
fault is heard. So the answers are looked at together: an error of the student's own code comes before calls that do
not fit together, those before deaths and silence, and what torch says of lost neighbours comes last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from d2l_kit.grading._communication import UNREADABLE, Communication, RankLog, read_log
from d2l_kit.grading.asserts import CheckFailed
from d2l_kit.worker import protocol
from d2l_kit.worker.protocol import Answer, Raised

STALLED = "stalled"
# What is left to a rank whose neighbour has gone, or whose call does not fit the others'.
_OF_THE_LIBRARY = re.compile(
    r"[Cc]onnection (?:was )?(closed|reset|refused)|Broken pipe|[Ss]ocket closed|gloo|Gloo|[Tt]imed out"
)
# Collectives to which all ranks must bring as many elements.
_EVEN = frozenset({"all_reduce", "broadcast", "reduce", "all_gather", "reduce_scatter"})
_WAITING_HELP = (
    "Each waits for something that no other does. Every send needs its recv, and where all ranks send first nobody "
    "receives: start one side asynchronously. Every collective must be called by all ranks, in the same order."
)
_ORDER_HELP = "All ranks must make the same collective calls in the same order, with the same sizes and dtypes."


@dataclass(frozen=True)
class RankAnswer:
    """What is known of one rank.

    Attributes:
        outcome: "returned", "raised", "exited", "refused"; without an answer "died" or "silent".
        value: What it returned.
        raised: What it raised.
        text: Why it was refused, how it exited or died.
        at: Seconds until it answered.
        log: What it logged.
        waits: The numbers of the calls it waited in when it was ended.
        line: The student's line it was in then.
    """

    outcome: str
    value: Any
    raised: Raised | None
    text: str
    at: float
    log: RankLog
    waits: tuple[int, ...]
    line: int

    @property
    def waiting(self) -> list[Communication]:
        """The calls it waited in."""
        return [self.log.calls[number] for number in self.waits if 0 <= number < len(self.log.calls)]


@dataclass(frozen=True)
class Meeting:
    """How a run of several ranks ended, and what is known of each."""

    end: str
    ranks: tuple[RankAnswer, ...]

    @classmethod
    def read(cls, value: Any, world_size: int) -> Meeting:
        """From a worker's word for it.

        Raises:
            CheckFailed: It has not the right form; a student's code may have had its hands in it.
        """
        try:
            ranks = tuple(_rank(told) for told in value["ranks"])
            if len(ranks) != world_size:
                raise ValueError(len(ranks))
            return cls(str(value["end"]), ranks)
        except CheckFailed:
            raise
        except Exception as error:  # hostile data: whatever fails while reading means one thing
            raise CheckFailed(UNREADABLE, f"The worker's word for it is damaged ({type(error).__name__}).") from None


def own_error(meeting: Meeting) -> Answer | None:
    """The first answer that no other rank has brought about: an error, an exit, a value that is not plain data."""
    ended = [(rank.at, number) for number, rank in enumerate(meeting.ranks) if _is_own(rank)]
    return answer_of(meeting, min(ended)[1]) if ended else None


def answer_of(meeting: Meeting, number: int) -> Answer:
    """A rank's answer that is no value, said as a worker's."""
    rank = meeting.ranks[number]
    where = f"(rank {number} of {len(meeting.ranks)})"
    if rank.raised is not None:
        raised = rank.raised
        return Answer(
            "raised", raised=Raised(raised.kind, raised.bases, f"{raised.message} {where}".strip(), raised.lines)
        )
    return Answer(rank.outcome, text=f"{rank.text} {where}".strip())


def misfit(meeting: Meeting) -> CheckFailed | None:
    """The first collective call in which the ranks of a group do not do the same, or message that does not fit."""
    return _odd_collective(meeting) or _odd_message(meeting)


def silence(meeting: Meeting) -> CheckFailed | None:
    """Ranks that died or never ended."""
    dead = [(number, rank) for number, rank in enumerate(meeting.ranks) if rank.outcome == "died"]
    if dead:
        number, rank = dead[0]
        last = rank.log.calls[-1] if rank.log.calls else None
        after = f" Its last call was {_doing(last)}." if last else ""
        return CheckFailed(
            "Every rank should return.",
            f"Rank {number} ended its process ({rank.text}).{after}",
            help="Remove os._exit() and the like; a signal comes from memory outside a tensor, or torch gave up.",
        )
    silent = [(number, rank) for number, rank in enumerate(meeting.ranks) if rank.outcome == "silent"]
    if not silent:
        return None
    busy = [(number, rank) for number, rank in silent if not rank.waiting]
    if busy and meeting.end != STALLED:
        number, rank = busy[0]
        place = f" It was at line {rank.line}." if rank.line else ""
        others = _waits(silent)
        return CheckFailed(
            "Every rank should come to its end.",
            " ".join(filter(None, [f"Rank {number} never did, and waited for no other rank.{place}", others])),
            help="Look for a loop without an end, or a wait for something else than a communication.",
        )
    done = [str(number) for number, rank in enumerate(meeting.ranks) if rank.outcome != "silent"]
    rest = f"Rank {', '.join(done)} had ended by then." if done else ""
    got = " ".join(filter(None, [_waits(silent), rest]))
    return CheckFailed("The ranks should not wait for each other for ever.", got, help=_WAITING_HELP)


def neighbour_error(meeting: Meeting) -> Answer | None:
    """What torch raised on the first rank that is not well, where nothing else explains it."""
    ended = [(rank.at, number) for number, rank in enumerate(meeting.ranks) if rank.outcome != "returned"]
    return answer_of(meeting, min(ended)[1]) if ended else None


def summary(meeting: Meeting) -> list[Any]:
    """How each rank ended, and all that was waited in; not by whom, which may hang on who came first."""
    waited_in = sorted(call.op for rank in meeting.ranks for call in rank.waiting)
    return [[rank.outcome for rank in meeting.ranks], waited_in]


def answers(meeting: Meeting) -> dict[str, Any]:
    """What all ranks returned and, in a line for each, what they sent: by that, mistakes are told from each other."""
    traffic = [_traffic(rank.log.calls) for rank in meeting.ranks]
    return {"traffic": traffic, "values": [rank.value for rank in meeting.ranks]}


def _traffic(calls: Sequence[Communication]) -> str:
    """How often each operation was called, with how many numbers and with whom; not in which order."""
    parts = []
    for op in sorted({call.op for call in calls}):
        of_op = [call for call in calls if call.op == op]
        peers = sorted({call.peer for call in of_op if call.peer is not None})
        parts.append(f"{op} {len(of_op)}/{sum(call.elements for call in of_op)}/{peers}")
    return ", ".join(parts)


def _rank(told: Mapping[str, Any]) -> RankAnswer:
    raised = told["raised"]
    return RankAnswer(
        outcome=str(told["outcome"]),
        value=told["value"],
        raised=None if raised is None else protocol.raised_from(raised),
        text=str(told["text"])[: protocol.MAX_TEXT],
        at=float(told["at"]),
        log=read_log(told["log"]),
        waits=tuple(int(wait["number"]) for wait in told["waits"]),
        line=int(told["line"]),
    )


def _is_own(rank: RankAnswer) -> bool:
    if rank.outcome in ("exited", "refused"):
        return True
    raised = rank.raised
    if raised is None:
        return False
    return "RuntimeError" not in raised.bases or not _OF_THE_LIBRARY.search(raised.message)


def _odd_collective(meeting: Meeting) -> CheckFailed | None:
    for group in sorted({c.group for rank in meeting.ranks for c in rank.log.calls if not c.point_to_point}):
        columns = {
            number: [call for call in rank.log.calls if call.group == group and not call.point_to_point]
            for number, rank in enumerate(meeting.ranks)
        }
        columns = {number: calls for number, calls in columns.items() if calls}
        for place in range(max(map(len, columns.values()))):
            row = {number: calls[place] for number, calls in columns.items() if place < len(calls)}
            first, *others = row.items()
            for other in others:
                if not _fit(first[1], other[1]):
                    return CheckFailed(
                        f"Collective call number {place + 1} should be the same on all ranks.",
                        f"Rank {first[0]} calls {_doing(first[1])}, rank {other[0]} calls {_doing(other[1])}.",
                        help=_ORDER_HELP,
                    )
    return None


def _fit(mine: Communication, theirs: Communication) -> bool:
    if mine.op != theirs.op or mine.peer != theirs.peer:
        return False
    return mine.op not in _EVEN or (mine.elements, mine.dtype) == (theirs.elements, theirs.dtype)


def _odd_message(meeting: Meeting) -> CheckFailed | None:
    for number, sent in _links(meeting, "send"):
        sender, receiver, tag, group = number
        received = dict(_links(meeting, "recv")).get((receiver, sender, tag, group), [])
        for place, (mine, theirs) in enumerate(zip(sent, received, strict=False)):
            if (mine.elements, mine.dtype) != (theirs.elements, theirs.dtype):
                return CheckFailed(
                    f"Message number {place + 1} from rank {sender} to rank {receiver} should fit what is received.",
                    f"Rank {sender} calls {_doing(mine)}, rank {receiver} calls {_doing(theirs)}.",
                    help="The receiving tensor must have the dtype and the number of elements of the one sent.",
                )
    return None


def _links(meeting: Meeting, op: str) -> Iterator[tuple[tuple[int, int, int, str], list[Communication]]]:
    """(rank, peer, tag, group) → its messages of one direction; none for a rank that receives from anybody."""
    for number, rank in enumerate(meeting.ranks):
        if any(call.op == "recv" and call.peer is None for call in rank.log.calls):
            continue
        found: dict[tuple[int, int, int, str], list[Communication]] = {}
        for call in rank.log.calls:
            if call.op == op and call.peer is not None:
                found.setdefault((number, call.peer, call.tag, call.group), []).append(call)
        yield from found.items()


def _waits(silent: Sequence[tuple[int, RankAnswer]]) -> str:
    parts = [f"rank {number} waits in {_doing(rank.waiting[-1])}" for number, rank in silent if rank.waiting]
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _doing(call: Communication) -> str:
    """A call as a person would say it: `send to rank 1 of 3 float32 numbers (line 12)`."""
    words = {"send": " to", "recv": " from"}.get(call.op, " with root")
    peer = "" if call.peer is None else f"{words} rank {call.peer}"
    size = f" of {call.elements} {call.dtype} number{'' if call.elements == 1 else 's'}" if call.dtype else ""
    line = f" (line {call.line})" if call.line else ""
    return f"{call.op}{peer}{size}{line}"
