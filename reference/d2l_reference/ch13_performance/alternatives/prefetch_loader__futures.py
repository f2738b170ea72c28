"""An executor with one worker; the buffer is a deque of futures, and the consumer orders the next load."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

import torch

NOTHING = object()


def move(item, device):
    match item:
        case torch.Tensor():
            return item.to(device)
        case tuple():
            return tuple(move(x, device) for x in item)
        case list():
            return [move(x, device) for x in item]
        case dict():
            return dict(zip(item, map(move, item.values(), [device] * len(item)), strict=True))
    return item


class Prefetcher:
    def __init__(self, source, depth=2, device="cpu"):
        if depth <= 0:
            raise ValueError(f"not a depth: {depth}")
        self.source = source
        self.depth = depth
        self.device = device
        self.generator = None

    def __iter__(self):
        self.close()
        self.generator = self._items()
        return self.generator

    def close(self):
        if self.generator:
            self.generator.close()

    def _items(self):
        iterator = iter(self.source)

        def load():
            item = next(iterator, NOTHING)
            return item if item is NOTHING else move(item, self.device)

        pool = ThreadPoolExecutor(max_workers=1)
        try:
            futures = deque(pool.submit(load) for _ in range(self.depth))
            while (item := futures.popleft().result()) is not NOTHING:
                futures.append(pool.submit(load))
                yield item
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
