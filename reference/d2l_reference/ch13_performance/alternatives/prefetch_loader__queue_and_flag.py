"""A bounded queue; the thread looks at a flag while it waits for room."""

import queue
import threading

import torch


class Prefetcher:
    def __init__(self, source, depth=2, device="cpu"):
        if depth < 1:
            raise ValueError("depth must be positive, got " + str(depth))
        self.source = source
        self.depth = depth
        self.device = torch.device(device)
        self.stop = threading.Event()
        self.thread = None

    def _to_device(self, x):
        if torch.is_tensor(x):
            return x.to(self.device)
        if isinstance(x, dict):
            return {k: self._to_device(v) for k, v in x.items()}
        if isinstance(x, tuple):
            return tuple(self._to_device(v) for v in x)
        if isinstance(x, list):
            return [self._to_device(v) for v in x]
        return x

    def _put(self, q, stop, message):
        while not stop.is_set():
            try:
                q.put(message, timeout=0.02)
                return True
            except queue.Full:
                continue
        return False

    def _work(self, q, stop):
        try:
            for x in self.source:
                if not self._put(q, stop, ("item", self._to_device(x))):
                    return
        except Exception as e:
            self._put(q, stop, ("error", e))
        else:
            self._put(q, stop, ("end", None))

    def __iter__(self):
        self.close()
        q, stop = queue.Queue(maxsize=self.depth), threading.Event()
        self.stop = stop
        self.thread = threading.Thread(target=self._work, args=(q, stop), daemon=True)
        self.thread.start()
        try:
            while not stop.is_set():
                kind, value = q.get()
                if kind == "error":
                    raise value
                if kind == "end":
                    return
                yield value
        finally:
            stop.set()

    def close(self):
        self.stop.set()
        if self.thread is not None:
            self.thread.join()
