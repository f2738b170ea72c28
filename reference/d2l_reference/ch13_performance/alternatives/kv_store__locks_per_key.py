"""Each key is an object with a lock, a running sum, and a number that counts its rounds."""

import hashlib
import threading

import torch


class _Key:
    def __init__(self, value):
        self.value = value.detach().clone()
        self.sum = torch.zeros_like(self.value)
        self.pushed = set()
        self.round = 0
        self.round_ended = threading.Condition(threading.Lock())


class KVStore:
    def __init__(self, num_workers, mode="sync", timeout=5.0):
        if num_workers <= 0:
            raise ValueError(f"num_workers is {num_workers}")
        if mode not in {"sync", "async"}:
            raise ValueError(f"unknown mode {mode}")
        self.num_workers, self.sync, self.timeout = num_workers, mode == "sync", timeout
        self.keys = {}
        self.lock = threading.Lock()
        self.updater = None

    def init(self, key, value):
        with self.lock:
            if key in self.keys:
                raise ValueError(f"second init of {key}")
            self.keys[key] = _Key(value)

    def set_updater(self, updater):
        self.updater = updater

    def push(self, worker, key, grad):
        entry = self.find(worker, key)
        with entry.round_ended:
            if grad.shape != entry.value.shape:
                raise ValueError(f"{key}: a gradient of shape {grad.shape}")
            if worker in entry.pushed:
                raise ValueError(f"{key}: second push of worker {worker}")
            entry.sum += grad.detach()
            entry.pushed.add(worker)
            if not self.sync or len(entry.pushed) == self.num_workers:
                total, entry.sum = entry.sum, torch.zeros_like(entry.sum)
                entry.value = total if self.updater is None else self.updater(key, total, entry.value)
                entry.pushed = set()
                entry.round += 1
                entry.round_ended.notify_all()

    def pull(self, worker, key):
        entry = self.find(worker, key)
        with entry.round_ended:
            if worker in entry.pushed:
                now = entry.round
                if not entry.round_ended.wait_for(lambda: entry.round > now, self.timeout):
                    raise TimeoutError(f"round {now} of {key}")
            return entry.value.clone()

    def shard(self, key, num_servers):
        if num_servers < 1:
            raise ValueError(f"num_servers is {num_servers}")
        return int(hashlib.sha256(key.encode()).hexdigest(), 16) % num_servers

    def find(self, worker, key):
        if key not in self.keys:
            raise KeyError(key)
        if worker not in range(self.num_workers):
            raise ValueError(f"no worker {worker}")
        return self.keys[key]
