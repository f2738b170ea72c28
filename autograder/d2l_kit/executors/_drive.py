"""Grading a class at places elsewhere: a thread for each place, and one that hears of everything and hands it on.

A place takes a submission from the board, gets the texts that were read from it, and answers with its report. Grading
the same again gives the same report, so a submission whose place is lost is simply handed out again.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from d2l_kit.catalog import Chapter, Exercise
from d2l_kit.errors import GraderError, KitError, MachineError
from d2l_kit.executors import _wire
from d2l_kit.executors._board import LOSSES, Board
from d2l_kit.grading.api import ClassWork
from d2l_kit.grading.court import Court, OnResult
from d2l_kit.grading.crew import Answer
from d2l_kit.report import serial
from d2l_kit.report.model import Report
from d2l_kit.submission import Submission

STARTS = 3  # of a place, one after the other, before it is given up
FIRST_SECONDS = 300.0  # until the first place is ready

_REFUSED = "The node {place} cannot grade: {why}"
_NO_START = "The node {place} cannot grade: the grader does not start there: {why}."
_NO_START_REMEDY = "Install the same d2l-kit and d2l-kit-instructor on every node."
_NOT_READY = "No node was ready to grade within {seconds:.0f} s."
_NOT_READY_REMEDY = "See whether others use them: `ray status`."
_LOST = "{name}: what graded it was lost {times} times, the last time on {place}: {why}."
_NOBODY_LEFT = "{name}: no node was left to grade it."


class Lost(Exception):
    """The place is gone; nobody knows how far it had come."""


class Ended(Lost):
    """The place is there, the grader's process has ended; says its last words."""


class Place(Protocol):
    """Where one submission at a time is graded."""

    @property
    def name(self) -> str:
        """The node's, for people."""

    def start(self) -> None:
        """Start a grader, in place of one that was there."""

    def ask(self, frame: bytes) -> bytes:
        """The answer to a frame of `_wire`.

        Raises:
            Lost: There will be none.
        """

    def close(self) -> None:
        """End the grader, whatever it is doing; who waits for it gets `Lost`."""


@dataclass(frozen=True)
class _Ready:
    """A place can grade."""


@dataclass(frozen=True)
class _Closed:
    """A place grades no more."""


_Event = Answer | KitError | _Ready | _Closed


def grade_at(places: Sequence[Place], work: ClassWork, took: Callable[[Answer], None]) -> None:
    """Have every case graded at one of the places; `took` hears of each in this thread.

    Raises:
        MachineError: A node lacks what grading needs, or has another version of it; what was graded is handed on.
    """
    board, events = Board(len(work.cases)), queue.SimpleQueue[_Event]()
    order = _wire.pack(_wire.order(work.exercises, work.options))
    drivers = [_Driver(place, work, order, board, events) for place in places]
    threads = [threading.Thread(target=driver.run, daemon=True) for driver in drivers]
    for thread in threads:
        thread.start()
    try:
        _hear(events, len(places), work, took)
    finally:
        board.stop()
        for place in places:
            place.close()
        for thread in threads:
            thread.join()


def _hear(events: queue.SimpleQueue[_Event], places: int, work: ClassWork, took: Callable[[Answer], None]) -> None:
    left = set(range(len(work.cases)))
    patience: float | None = FIRST_SECONDS
    while left and places:
        try:
            event = events.get(timeout=patience)
        except queue.Empty:
            raise MachineError(_NOT_READY.format(seconds=FIRST_SECONDS), _NOT_READY_REMEDY) from None
        if isinstance(event, KitError):
            raise event
        if isinstance(event, Answer):
            left.discard(event.index)
            took(event)
        elif isinstance(event, _Closed):
            places -= 1
        patience = None
    for index in sorted(left):
        took(Answer(index, problem=_NOBODY_LEFT.format(name=work.cases[index].entry.name)))


@dataclass
class _Driver:
    """One place's thread."""

    place: Place
    work: ClassWork
    order: bytes
    board: Board
    events: queue.SimpleQueue[_Event]

    def run(self) -> None:
        """Grade at this place until nothing is left, or it can no longer be had."""
        try:
            while not self.board.finished and self._open():
                self.events.put(_Ready())
                self._grade()
        except KitError as error:
            self.events.put(error)
        except Exception as error:  # ours, whatever it is: nobody else would hear of it
            self.events.put(GraderError(f"{self.place.name}: {type(error).__name__}: {error}", "Please report this."))
        finally:
            self.place.close()
            self.events.put(_Closed())

    def _open(self) -> bool:
        """Whether the place could be made ready."""
        for attempt in range(STARTS):
            try:
                self.place.start()
                if self.board.finished:  # and whoever ended it may have closed the place before it was started
                    return False
                reply = _wire.unpack(self.place.ask(self.order))
            except Ended as ended:
                if attempt == STARTS - 1 and not self.board.finished:
                    raise MachineError(_NO_START.format(place=self.place.name, why=ended), _NO_START_REMEDY) from ended
            except Lost:
                continue
            else:
                if "ready" not in reply:
                    why = _REFUSED.format(place=self.place.name, why=reply["problem"])
                    raise MachineError(why, reply["remedy"])
                return True
        return False

    def _grade(self) -> None:
        """Take submissions until there are none, or this place is lost."""
        while (index := self.board.take()) is not None:
            case = self.work.cases[index]
            try:
                answer = Answer(index, serial.to_dict(self.work.report(_Desk(self.work.chapters, self._judge), case)))
            except Lost as lost:
                if self.board.lost(index):
                    return
                why = _LOST.format(name=case.entry.name, times=LOSSES, place=self.place.name, why=lost)
                self._tell(Answer(index, problem=why))
                return
            except _NoReport as told:
                answer = Answer(index, problem=str(told))
            except Exception as error:  # as in `grading.crew`: no report, and no harm to the others
                answer = Answer(index, problem=f"{case.entry.name}: {type(error).__name__}: {error}")
            self._tell(answer)

    def _tell(self, answer: Answer) -> None:
        self.events.put(answer)
        self.board.done()

    def _judge(self, submission: Submission, student: str) -> Report:
        question = {"submission": _wire.of_submission(submission), "student": student}
        reply = _wire.unpack(self.place.ask(_wire.pack(question)))
        if reply["problem"]:
            raise _NoReport(reply["problem"])
        return serial.from_dict(reply["result"])


class _NoReport(Exception):
    """The node says why there is none."""


class _Desk(Court):
    """A court that reads what came in, as every court does, and has it judged elsewhere."""

    def __init__(self, chapters: Sequence[Chapter], judge: Callable[[Submission, str], Report]) -> None:
        object.__setattr__(self, "chapters", chapters)  # all that reading needs; a court is frozen
        self._judge = judge

    def report(
        self,
        submission: Submission,
        exercises: Sequence[Exercise],
        on_result: OnResult | None = None,
        student: str = "",
    ) -> Report:
        """The report that came back."""
        return self._judge(submission, student)
