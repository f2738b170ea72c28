"""What a kernel does to memory: which elements it may touch, who touched them before, which were ever written.

A pointer argument carries its number in the bits of the address that no machine uses. Arithmetic on pointers keeps
them, so an access that went astray is still known to come of `x_ptr`, however far it is, and is answered without
touching memory that belongs to somebody else. Only what lies in the same storage, such as the elements that a check
put around an argument, is really read and written: there the damage is to be seen in the data.

Two accesses race if different programs of a launch make them, one of them writes, not both are atomic, and no
program is known to have finished before the other. Programs run one after the other here, on a GPU they do not; one
is known to be later only where it read, with a scalar atomic, what the other wrote with one (a lock, a counter). Each
program has a clock of what it knows of the others: Lamport's "happens before", by vector clocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

TAG_BITS = 56  # addresses of a process are shorter
ADDRESS = np.uint64((1 << TAG_BITS) - 1)
_NOBODY = -1
_SEVERAL = -2
_FIRST = 4  # offsets shown of one finding
Array = np.ndarray[Any, Any]


@dataclass
class Argument:
    """A tensor that was handed to a kernel.

    Attributes:
        name: The kernel's parameter.
        tensor: What was handed over.
        members: Which elements of its span are its own; None where all are.
    """

    name: str
    tensor: torch.Tensor
    members: Array | None = None

    def __post_init__(self) -> None:
        if not self.tensor.is_contiguous() and self.tensor.numel():
            members = torch.zeros(self.span, dtype=torch.bool)
            members.as_strided(self.tensor.size(), self.tensor.stride()).fill_(True)
            self.members = members.numpy()

    @property
    def span(self) -> int:
        """Elements from its first to its last, gaps included."""
        if not self.tensor.numel():
            return 0
        steps = zip(self.tensor.shape, self.tensor.stride(), strict=True)
        return 1 + sum((size - 1) * stride for size, stride in steps)

    def holds(self, byte: Array, width: int) -> Array:
        """For each byte offset from its start: whether an element of that width there is its own."""
        size = self.tensor.element_size()
        inside = (byte >= 0) & (byte + width <= self.span * size) & (byte % width == 0)
        if self.members is not None:
            first = np.where(inside, byte // size, 0)
            inside &= self.members[first] & self.members[np.where(inside, (byte + width - 1) // size, 0)]
        return np.asarray(inside)


@dataclass
class Storage:
    """Memory that tensors share; its bookkeeping is by the byte.

    Attributes:
        start: Its address.
        size: Its bytes.
        written: Which bytes hold something; None where all do.
        owner: Keeps the memory alive, so that no other storage can get the same address.
    """

    start: int
    size: int
    written: Array | None
    owner: Any


@dataclass
class _Marks:
    """Who touched each element of a storage in the launch under way, and when; kept at the element's first byte."""

    writer: Array
    wrote: Array
    reader: Array
    read: Array
    atomic: Array
    added: Array

    @classmethod
    def of(cls, size: int) -> _Marks:
        def nobody() -> Array:
            return np.full(size, _NOBODY, dtype=np.int32)

        def never() -> Array:
            return np.zeros(size, np.int64)

        return cls(nobody(), never(), nobody(), never(), nobody(), never())


@dataclass
class Memory:
    """All storages of one call, and the launch under way.

    Attributes:
        storages: By address.
        findings: What was seen, by what makes two the same.
    """

    storages: dict[int, Storage] = field(default_factory=dict)
    findings: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    _arguments: list[Argument] = field(default_factory=list)
    _marks: dict[int, _Marks] = field(default_factory=dict)
    _known: dict[int, Array] = field(default_factory=dict)
    _released: dict[int, Array] = field(default_factory=dict)
    _programs: int = 0
    _time: int = 0

    def storage(self, tensor: torch.Tensor, written: bool = True) -> Storage:
        """The storage of a tensor; `written` says whether one seen for the first time holds something."""
        whole = tensor.untyped_storage()
        found = self.storages.get(whole.data_ptr())
        if found is None or found.size != whole.nbytes():
            state = None if written else np.zeros(whole.nbytes(), bool)
            found = Storage(whole.data_ptr(), whole.nbytes(), state, whole)
            self.storages[found.start] = found
        return found

    def begin(self, programs: int) -> None:
        """A launch starts."""
        self._arguments, self._marks = [], {}
        self._known, self._released = {}, {}
        self._programs = programs

    def tagged(self, name: str, tensor: torch.Tensor) -> int:
        """The address of an argument with its number in it."""
        self.storage(tensor)
        self._arguments.append(Argument(name, tensor))
        return tensor.data_ptr() | len(self._arguments) << TAG_BITS

    def access(self, kind: str, pointers: Array, mask: Array, width: int, at: Mapping[str, Any], **more: Any) -> Access:
        """Sort the lanes of an access, and note what is wrong with it.

        Args:
            kind: "load", "store" or "atomic".
            pointers: As the kernel made them.
            mask: The lanes that take part.
            width: Bytes of an element.
            at: Where it is: kernel, program and its number, line.
            more: For a store the `values`, for a scalar atomic whether it `orders` programs.
        """
        self._time += 1
        mask = np.broadcast_to(mask, pointers.shape)
        tags = (pointers >> np.uint64(TAG_BITS)).astype(np.int64)
        address = (pointers & ADDRESS).astype(np.int64)
        real = np.zeros(pointers.shape, bool)
        for tag in np.unique(tags[mask]) if mask.any() else ():
            lanes = mask & (tags == tag)
            if not 1 <= tag <= len(self._arguments):
                self._note("wild", kind, at, "", lanes, np.zeros_like(address))
                continue
            argument = self._arguments[int(tag) - 1]
            start, size = argument.tensor.data_ptr(), argument.tensor.element_size()
            inside = argument.holds(address - start, width)
            astray = lanes & ~inside
            if astray.any():
                shape = [int(n) for n in argument.tensor.shape]
                index = (address - start) // size
                self._note("out_of_bounds", kind, at, argument.name, astray, index, shape=shape, span=argument.span)
            storage = self.storage(argument.tensor)
            within = (address >= storage.start) & (address + width <= storage.start + storage.size)
            real |= lanes & within
            self._examine(kind, storage, argument, address, lanes & inside, width, at, **more)
        return Access(np.where(real, address, 0).astype(np.uint64), real)

    def _examine(
        self,
        kind: str,
        storage: Storage,
        argument: Argument,
        address: Array,
        lanes: Array,
        width: int,
        at: Mapping[str, Any],
        values: Array | None = None,
        orders: bool = False,
    ) -> None:
        if not lanes.any():
            return
        first = address[lanes] - storage.start
        index = (address - argument.tensor.data_ptr()) // argument.tensor.element_size()

        def note(what: str, wrong: Array, **detail: Any) -> None:
            if wrong.any():
                where = np.zeros(lanes.shape, bool)
                where[lanes] = wrong
                self._note(what, kind, at, argument.name, where, index, **detail)

        if storage.written is not None:
            if kind != "store":
                note("uninitialised", ~storage.written[first])
            if kind != "load":
                storage.written[first[:, None] + np.arange(width)] = True
        if values is not None:
            note("lanes", _differing(first, np.broadcast_to(values, lanes.shape)[lanes]))
        program = at["number"]
        if orders:
            self._order(program, int(first[0]) + storage.start)
        marks = self._marks.setdefault(storage.start, _Marks.of(storage.size))
        for what, who, wrong in self._races(kind, marks, first, program):
            if wrong.any():
                note(what, wrong, other=int(who[wrong][0]))
        self._mark(kind, marks, first, program)

    def _races(self, kind: str, marks: _Marks, cells: Array, program: int) -> list[tuple[str, Array, Array]]:
        """What kinds of race an access is part of: its name, who was there before, and for which lanes."""
        writer, reader, atomic = marks.writer[cells], marks.reader[cells], marks.atomic[cells]
        after_write = self._foreign(writer, marks.wrote[cells], program)
        after_read = self._foreign(reader, marks.read[cells], program)
        after_atomic = self._foreign(atomic, marks.added[cells], program)
        if kind == "load":
            return [("read_write", writer, after_write), ("atomic_mixed", atomic, after_atomic)]
        if kind == "store":
            return [
                ("write_write", writer, after_write),
                ("read_write", reader, after_read),
                ("atomic_mixed", atomic, after_atomic),
            ]
        return [("atomic_mixed", writer, after_write), ("atomic_mixed", reader, after_read)]

    def _foreign(self, who: Array, when: Array, program: int) -> Array:
        """Where somebody else was before, of whom this program does not know that it had finished with it."""
        other = (who != _NOBODY) & (who != program)
        known = self._known.get(program)
        if known is None or not other.any():
            return np.asarray(other)
        return np.asarray(other & ((who == _SEVERAL) | (when > known[np.maximum(who, 0)])))

    def _mark(self, kind: str, marks: _Marks, cells: Array, program: int) -> None:
        if kind == "store":
            marks.writer[cells], marks.wrote[cells] = program, self._time
            return
        who, when = (marks.atomic, marks.added) if kind == "atomic" else (marks.reader, marks.read)
        beside = self._foreign(who[cells], when[cells], program)
        who[cells] = np.where(beside, _SEVERAL, program)
        when[cells] = self._time

    def _order(self, program: int, address: int) -> None:
        clock = self._known.setdefault(program, np.zeros(self._programs, np.int64))
        before = self._released.get(address)
        if before is not None:
            np.maximum(clock, before, out=clock)
        clock[program] = self._time
        self._released[address] = clock.copy()

    def _note(
        self, what: str, kind: str, at: Mapping[str, Any], argument: str, lanes: Array, index: Array, **detail: Any
    ) -> None:
        key = (what, kind, at["kernel"], at["line"], argument)
        found = self.findings.get(key)
        if found is None:
            offsets = [int(i) for i in index[lanes].flatten()[:_FIRST]]
            found = {"what": what, "access": kind, "argument": argument, "offsets": offsets, "count": 0, "programs": []}
            found |= {name: at[name] for name in ("kernel", "program", "grid", "line", "text")} | detail
            self.findings[key] = found
        found["count"] += int(lanes.sum())
        if at["number"] not in found["programs"]:
            found["programs"].append(at["number"])


@dataclass(frozen=True)
class Access:
    """The lanes of an access that may be carried out, and their addresses."""

    pointers: Array
    mask: Array


def _differing(cells: Array, values: Array) -> Array:
    """The lanes of one store that write something else than another lane to the same place."""
    order = np.argsort(cells, kind="stable")
    ordered = cells[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    wrong = np.zeros(len(cells), bool)
    if len(same):
        here, next_ = values[order[same]], values[order[same + 1]]
        differ = (here != next_) & ~((here != here) & (next_ != next_))
        wrong[order[same + 1][differ]] = True
    return wrong
