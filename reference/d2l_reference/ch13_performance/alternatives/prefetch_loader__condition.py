"""The loader is its own iterator: a deque and a condition, with a number for the pass that is going on."""

from collections import deque
from threading import Condition, Thread

import torch
from torch.utils._pytree import tree_map


class Prefetcher:
    def __init__(self, source, depth=2, device="cpu"):
        if not depth >= 1:
            raise ValueError(f"depth={depth}")
        self.source, self.depth, self.device = source, depth, device
        self.changed = Condition()
        self.ready = deque()
        self.current = 0
        self.ended = True
        self.error = None

    def load(self, mine):
        error = None
        try:
            for item in self.source:
                item = tree_map(lambda x: x.to(self.device) if isinstance(x, torch.Tensor) else x, item)
                with self.changed:
                    self.changed.wait_for(lambda: len(self.ready) < self.depth or self.current != mine)
                    if self.current != mine:
                        return
                    self.ready.append(item)
                    self.changed.notify_all()
        except BaseException as caught:
            error = caught
        with self.changed:
            if self.current == mine:
                self.ended, self.error = True, error
                self.changed.notify_all()

    def __iter__(self):
        self.close()
        with self.changed:
            self.ended = False
            Thread(target=self.load, args=(self.current,), daemon=True).start()
        return self

    def __next__(self):
        with self.changed:
            self.changed.wait_for(lambda: self.ready or self.ended)
            if self.ready:
                self.changed.notify_all()
                return self.ready.popleft()
            error, self.error = self.error, None
        raise error or StopIteration

    def close(self):
        with self.changed:
            self.current += 1
            self.ready.clear()
            self.ended, self.error = True, None
            self.changed.notify_all()
