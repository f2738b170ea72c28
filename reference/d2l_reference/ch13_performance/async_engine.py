import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any


class Handle:
    def __init__(self, op: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._op = op
        self._args = args
        self.finished = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None

    def wait(self) -> Any:
        self.finished.wait()
        if self._error is not None:
            raise self._error
        return self._result

    def done(self) -> bool:
        return self.finished.is_set()

    def run(self) -> None:
        try:
            self._result = self._op(*[arg.wait() if isinstance(arg, Handle) else arg for arg in self._args])
        except BaseException as error:  # whatever it is, whoever waits must hear of it
            self._error = error
        self.finished.set()


class AsyncEngine:
    def __init__(self, num_streams: int = 1) -> None:
        if num_streams < 1:
            raise ValueError(f"there must be at least 1 stream, not {num_streams}")
        self._queues: list[SimpleQueue[Handle | None]] = [SimpleQueue() for _ in range(num_streams)]
        self._threads = [threading.Thread(target=_work, args=(queue,), daemon=True) for queue in self._queues]
        self._lock = threading.Lock()  # guards what follows: an operation may submit others
        self._open = True
        self._unanswered: list[tuple[int, Handle]] = []  # what no synchronize has waited for, as submitted
        for thread in self._threads:
            thread.start()

    def submit(self, op: Callable[..., Any], *args: Any, stream: int = 0) -> Handle:
        self._look(stream)
        handle = Handle(op, args)
        with self._lock:
            if not self._open:
                raise RuntimeError("the engine has been shut down")
            self._unanswered.append((stream, handle))
            self._queues[stream].put(handle)
        return handle

    def synchronize(self, stream: int | None = None) -> None:
        if stream is not None:
            self._look(stream)
        with self._lock:
            handles = [handle for place, handle in self._unanswered if stream in (None, place)]
            self._unanswered = [entry for entry in self._unanswered if stream not in (None, entry[0])]
        for handle in handles:
            handle.finished.wait()
        for handle in handles:  # none of them has to be waited for any more: this raises the first error
            handle.wait()

    def shutdown(self) -> None:
        with self._lock:
            self._open = False
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join()

    def _look(self, stream: int) -> None:
        if not 0 <= stream < len(self._queues):
            raise ValueError(f"there are streams 0 to {len(self._queues) - 1}, not {stream}")


def _work(queue: SimpleQueue[Handle | None]) -> None:
    while (handle := queue.get()) is not None:
        handle.run()
