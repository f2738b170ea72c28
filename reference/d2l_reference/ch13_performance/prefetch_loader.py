import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor


class Prefetcher:
    def __init__(self, source: Iterable[Any], depth: int = 2, device: str = "cpu") -> None:
        if depth < 1:
            raise ValueError(f"depth must be at least 1, not {depth}")
        self._source, self._depth, self._device = source, depth, device
        self._pass: _Pass | None = None

    def __iter__(self) -> Iterator[Any]:
        self.close()
        self._pass = _Pass(self._source, self._depth, self._device)
        return self._pass

    def close(self) -> None:
        if self._pass is not None:
            self._pass.close()


class _Pass(Iterator[Any]):
    """One pass over a source: the thread that loads, and the iterator that hands out."""

    def __init__(self, source: Iterable[Any], depth: int, device: str) -> None:
        self._source, self._device = source, device
        self._over = False
        self._room = threading.Semaphore(depth)
        self._ready: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._load, daemon=True)
        self._thread.start()

    def __next__(self) -> Any:
        if self._over:
            raise StopIteration
        item, error = self._ready.get()
        if error is not None:
            self._over = True
            raise error
        self._room.release()
        return item

    def close(self) -> None:
        self._over = True
        self._room.release()  # a thread that waits for room has to wake up to see that it is over
        self._thread.join()

    def _load(self) -> None:
        try:
            items = iter(self._source)
            while True:
                self._room.acquire()
                if self._over:
                    return
                self._ready.put((_moved(next(items), self._device), None))
        except BaseException as error:  # the end of the source, a StopIteration, travels like any other error
            self._ready.put((None, error))


def _moved(item: Any, device: str) -> Any:
    if isinstance(item, Tensor):
        return item.to(device, non_blocking=True)
    if isinstance(item, (list, tuple)):
        return type(item)(_moved(part, device) for part in item)
    if isinstance(item, dict):
        return {key: _moved(part, device) for key, part in item.items()}
    return item
