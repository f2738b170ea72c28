"""Reading a worker's channel and output side by side, and writing to it, never longer than a deadline.

A worker may stop reading, flood its output, or answer a gigabyte: nothing here blocks, and what is kept is bounded.
Two ways to the same thing: non-blocking descriptors and a selector where the platform can select on pipes, threads
and a queue where it cannot (Windows).
"""

from __future__ import annotations

import contextlib
import os
import queue
import selectors
import threading
from collections.abc import Sequence
from typing import Protocol

CHUNK = 1 << 20
SETTLE_SECONDS = 0.01  # that a reading thread gets to hand over what its pipe holds already
QUEUED_CHUNKS = 16  # read ahead of the grader by threads; a flood waits in the worker's pipe
CHANNEL, OUT, ERR = "channel", "out", "err"


class Pump(Protocol):
    """Bytes from named sources, bytes to the channel."""

    def write(self, buffers: Sequence[bytes | memoryview]) -> None:
        """Queue buffers for the channel."""

    def poll(self, timeout: float) -> list[tuple[str, bytes]]:
        """What came within `timeout` seconds, as (source, data); b"" once when a source has ended."""

    def close(self) -> None:
        """Give up all descriptors."""


class SelectorPump:
    """For descriptors that can be selected on (sockets; pipes on POSIX)."""

    def __init__(self, channel: int, outputs: dict[str, int]) -> None:
        self._channel = channel
        self._selector = selectors.DefaultSelector()
        self._pending: list[memoryview] = []
        self._open = {channel, *outputs.values()}
        for name, fd in ((CHANNEL, channel), *outputs.items()):
            os.set_blocking(fd, False)
            self._selector.register(fd, selectors.EVENT_READ, name)

    def write(self, buffers: Sequence[bytes | memoryview]) -> None:
        self._pending.extend(memoryview(b).cast("B") for b in buffers if memoryview(b).nbytes)
        self._flush()

    def poll(self, timeout: float) -> list[tuple[str, bytes]]:
        received: list[tuple[str, bytes]] = []
        for key, events in self._selector.select(max(0.0, timeout)):
            if events & selectors.EVENT_WRITE:
                self._flush()
            if events & selectors.EVENT_READ:
                received.extend(self._read(key.fd, str(key.data)))
        return received

    def close(self) -> None:
        self._selector.close()
        for fd in self._open:
            os.close(fd)
        self._open.clear()

    def _read(self, fd: int, name: str) -> list[tuple[str, bytes]]:
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return []
        except OSError:  # reset by the worker's end: as good as closed
            data = b""
        if not data:
            self._selector.unregister(fd)
        return [(name, data)]

    def _flush(self) -> None:
        while self._pending:
            try:
                sent = os.write(self._channel, self._pending[0])
            except BlockingIOError:
                break
            except OSError:  # the worker has closed its end; the read side tells
                self._pending.clear()
                break
            if sent < self._pending[0].nbytes:
                self._pending[0] = self._pending[0][sent:]
            else:
                self._pending.pop(0)
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._pending else 0)
        with contextlib.suppress(KeyError):  # the channel has ended and is no longer registered
            self._selector.modify(self._channel, wanted, CHANNEL)


class ThreadPump:
    """For pipes on any platform: a thread for each source and one for writing."""

    def __init__(self, write_fd: int, sources: dict[str, int]) -> None:
        self._write_fd = write_fd
        self._received: queue.Queue[tuple[str, bytes]] = queue.Queue(QUEUED_CHUNKS)
        self._to_write: queue.Queue[bytes | memoryview | None] = queue.Queue()
        self._closed = threading.Event()
        for name, fd in sources.items():
            threading.Thread(target=self._read, args=(name, fd), daemon=True).start()
        threading.Thread(target=self._write, daemon=True).start()

    def write(self, buffers: Sequence[bytes | memoryview]) -> None:
        for buffer in buffers:
            self._to_write.put(buffer)

    def poll(self, timeout: float) -> list[tuple[str, bytes]]:
        received: list[tuple[str, bytes]] = []
        with contextlib.suppress(queue.Empty):
            received.append(self._received.get(timeout=max(timeout, SETTLE_SECONDS)))
            while len(received) < QUEUED_CHUNKS:  # else a flood would hold us here past every deadline
                received.append(self._received.get_nowait())
        return received

    def close(self) -> None:
        self._closed.set()
        self._to_write.put(None)
        with contextlib.suppress(queue.Empty):  # readers may wait for room
            while True:
                self._received.get_nowait()

    def _read(self, name: str, fd: int) -> None:
        data = b"."
        while data and not self._closed.is_set():
            try:
                data = os.read(fd, CHUNK)
            except OSError:
                data = b""
            self._received.put((name, data))
        os.close(fd)

    def _write(self) -> None:
        while (buffer := self._to_write.get()) is not None:
            view = memoryview(buffer).cast("B")
            try:
                while view.nbytes:
                    view = view[os.write(self._write_fd, view) :]
            except OSError:  # the worker has gone; its reading side tells
                break
        os.close(self._write_fd)
