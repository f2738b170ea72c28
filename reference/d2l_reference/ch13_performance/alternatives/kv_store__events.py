"""The open round of a key is an event with the gradients so far; whoever waits keeps the event of his round."""

import random
import threading


class Round:
    def __init__(self):
        self.grads = {}
        self.over = threading.Event()


class KVStore:
    def __init__(self, num_workers, mode="sync", timeout=5.0):
        if num_workers < 1 or mode not in ("sync", "async"):
            raise ValueError(f"no store for {num_workers} workers in mode {mode!r}")
        self.workers = range(num_workers)
        self.size = {"sync": num_workers, "async": 1}[mode]
        self.timeout = timeout
        self.lock = threading.RLock()
        self.values, self.rounds = {}, {}
        self.set_updater(None)

    def init(self, key, value):
        with self.lock:
            if key in self.values:
                raise ValueError(f"{key} again")
            self.values[key], self.rounds[key] = value.detach().clone(), Round()

    def set_updater(self, updater):
        self.updater = updater or (lambda key, grad, value: grad)

    def push(self, worker, key, grad):
        with self.lock:
            value, current = self.values[key], self.rounds[key]
            if worker not in self.workers or worker in current.grads or grad.shape != value.shape:
                raise ValueError(f"worker {worker} cannot push {tuple(grad.shape)} for {key}")
            current.grads[worker] = grad.detach().clone()
            if len(current.grads) < self.size:
                return
            first, *rest = current.grads.values()
            for other in rest:
                first += other
            self.values[key] = self.updater(key, first, value)
            self.rounds[key] = Round()
            current.over.set()

    def pull(self, worker, key):
        if worker not in self.workers:
            raise ValueError(f"worker {worker}")
        with self.lock:
            current = self.rounds[key]
            mine = worker in current.grads
        if mine and not current.over.wait(self.timeout):
            raise TimeoutError(f"{key}: {len(current.grads)} of {self.size} have pushed")
        with self.lock:
            return self.values[key].clone()

    def shard(self, key, num_servers):
        if num_servers < 1:
            raise ValueError("no server")
        return random.Random(str(key)).randrange(num_servers)  # seeded by a checksum of the text
