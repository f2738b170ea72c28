"""Which statements of other cells an exercise's own cells need; the rule stands in `_joining`."""

from __future__ import annotations

import builtins
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field

from d2l_kit.submission._statements import Statement

# What a notebook has and Python has not; plots and display are harmless when graded.
NOTEBOOK_NAMES = {"display": "display = print"}

_KNOWN = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}


@dataclass
class Needed:
    """The statements of other cells that own cells need; worked out as it is made.

    Attributes:
        everything: All statements of the notebook.
        own: Indices of the exercise's own cells.
        fenced: Indices of cells marked as another exercise's.
        kept: The statements needed, in the notebook's order.
        unbound: Names that no statement binds.
    """

    everything: list[Statement]
    own: set[int]
    fenced: set[int]
    kept: list[Statement] = field(default_factory=list)
    unbound: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._touching: dict[str, list[int]] = defaultdict(list)
        for at, statement in enumerate(self.everything):
            for name in statement.binds | statement.changes:
                self._touching[name].append(at)
        own = [at for at, statement in enumerate(self.everything) if statement.cell in self.own]
        self._last_own = max(own, default=-1)
        self._own_binds = {name for at in own for name in self.everything[at].binds}
        self._modules = {name for statement in self.everything if statement.imports for name in statement.binds}
        taken = self._closure(own)
        if self.unbound - _KNOWN - NOTEBOOK_NAMES.keys():
            taken.update(at for at, s in enumerate(self.everything) if s.star and s.cell not in self.own)
        self.kept = [self.everything[at] for at in sorted(taken)]

    def _closure(self, own: list[int]) -> set[int]:
        taken: set[int] = set()
        end = len(self.everything)
        waiting = list(own)
        asked: set[tuple[str, int]] = set()
        while waiting:
            at = waiting.pop()
            statement = self.everything[at]
            demands = {(name, at) for name in statement.needs} | {(name, end) for name in statement.needs_later}
            for name, position in demands - asked:
                found = self._found(name, position, asked)
                new = [index for index in found if index not in taken and self.everything[index].cell not in self.own]
                taken.update(new)
                waiting += new
                if not found:
                    self.unbound.add(name)
            asked |= demands
        return taken

    def _found(self, name: str, position: int, asked: set[tuple[str, int]]) -> list[int]:
        """Statements that a name's value at `position` may come from, the nearest first."""
        at_end = position == len(self.everything)
        places = self._touching.get(name, [])
        found = []
        for place in reversed(places[: bisect_left(places, position)]):
            statement = self.everything[place]
            is_own = statement.cell in self.own
            if not is_own and not self._may_be_taken(statement, place, name):
                continue
            found.append(place)
            if statement.definite and name in statement.binds and (is_own or not at_end):
                break
            if not at_end and (name, place) in asked:  # from here back has been walked
                break
            asked.add((name, place))
        return found

    def _may_be_taken(self, statement: Statement, place: int, name: str) -> bool:
        if statement.future or (statement.cell in self.fenced and name in self._own_binds):
            return False
        if statement.imports:
            return True
        if name in self._modules and name not in statement.binds:
            return False  # `torch.backends.cudnn.benchmark = True` does not make torch
        return statement.quiet or (statement.active and place < self._last_own and name not in self._modules)
