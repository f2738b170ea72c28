"""Who grades what next: submissions are handed out one at a time, and what was lost on the way is handed out again."""

from __future__ import annotations

import threading
from collections import Counter, deque

LOSSES = 3  # then a submission has a problem: it may be what ends the graders


class Board:
    """The work of one class, shared by several threads."""

    def __init__(self, count: int) -> None:
        self._waiting = deque(range(count))
        self._left = count
        self._losses: Counter[int] = Counter()
        self._stopped = False
        self._changed = threading.Condition()

    def take(self) -> int | None:
        """The next index; None once there is nothing left that could come. Waits while others may still lose theirs."""
        with self._changed:
            while not self._waiting and not self.finished:
                self._changed.wait()
            return None if self.finished else self._waiting.popleft()

    def done(self) -> None:
        """One index has its answer."""
        with self._changed:
            self._left -= 1
            self._changed.notify_all()

    def lost(self, index: int) -> bool:
        """An index came to no answer; whether it will be tried again."""
        with self._changed:
            self._losses[index] += 1
            again = self._losses[index] < LOSSES
            if again:
                self._waiting.appendleft(index)
                self._changed.notify_all()
        return again

    def stop(self) -> None:
        """Hand out nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to do."""
        return self._stopped or not self._left
