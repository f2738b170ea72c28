import threading
import zlib
from collections.abc import Callable

import torch
from torch import Tensor

Updater = Callable[[str, Tensor, Tensor], Tensor]


class KVStore:
    def __init__(self, num_workers: int, mode: str = "sync", timeout: float = 5.0) -> None:
        if num_workers < 1:
            raise ValueError(f"there must be at least 1 worker, not {num_workers}")
        if mode not in ("sync", "async"):
            raise ValueError(f"mode is 'sync' or 'async', not {mode!r}")
        self._num_workers = num_workers
        self._pushes_per_round = num_workers if mode == "sync" else 1
        self._timeout = timeout
        self._updater: Updater | None = None
        self._changed = threading.Condition()  # its lock guards everything below
        self._values: dict[str, Tensor] = {}
        self._pushed: dict[str, dict[int, Tensor]] = {}  # of the round that has not ended: worker -> gradient

    def init(self, key: str, value: Tensor) -> None:
        with self._changed:
            if key in self._values:
                raise ValueError(f"{key!r} has a value already")
            self._values[key] = value.detach().clone()
            self._pushed[key] = {}

    def set_updater(self, updater: Updater | None) -> None:
        with self._changed:
            self._updater = updater

    def push(self, worker: int, key: str, grad: Tensor) -> None:
        with self._changed:
            self._look(worker, key)
            value, pushed = self._values[key], self._pushed[key]
            if grad.shape != value.shape:
                raise ValueError(f"{key!r} has shape {tuple(value.shape)}, its gradient {tuple(grad.shape)}")
            if worker in pushed:
                raise ValueError(f"worker {worker} has pushed {key!r} already in this round")
            pushed[worker] = grad.detach().clone()
            if len(pushed) == self._pushes_per_round:
                total = torch.stack([pushed[w] for w in sorted(pushed)]).sum(0)  # in one order, whoever came first
                self._values[key] = self._updater(key, total, value) if self._updater else total
                pushed.clear()
                self._changed.notify_all()

    def pull(self, worker: int, key: str) -> Tensor:
        with self._changed:
            self._look(worker, key)
            if not self._changed.wait_for(lambda: worker not in self._pushed[key], self._timeout):
                raise TimeoutError(f"the round of {key!r} has not ended within {self._timeout} s")
            return self._values[key].clone()

    def shard(self, key: str, num_servers: int) -> int:
        if num_servers < 1:
            raise ValueError(f"there must be at least 1 server, not {num_servers}")
        return zlib.crc32(key.encode("utf-8")) % num_servers  # hash(key) differs from process to process

    def _look(self, worker: int, key: str) -> None:
        if key not in self._values:
            raise KeyError(f"{key!r} has no value yet")
        if not 0 <= worker < self._num_workers:
            raise ValueError(f"there are workers 0 to {self._num_workers - 1}, not {worker}")
