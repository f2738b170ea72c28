"""A parameter server on rank 0 and workers on the others: in rounds, as they come, or with bounded staleness (13.7)."""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def run_server(w0: Tensor, num_rounds: int, lr: float, mode: str, staleness: int = 0) -> dict[str, Any]:
    if mode not in ("sync", "async", "ssp"):
        raise ValueError(f'mode must be "sync", "async" or "ssp", not {mode!r}')
    if staleness < 0:
        raise ValueError(f"staleness must not be negative, it is {staleness}")
    workers = range(1, dist.get_world_size())
    # Nobody is ever more than num_rounds ahead.
    allowed = {"sync": 0, "async": num_rounds, "ssp": staleness}[mode]
    w = w0.contiguous().clone()
    version, seen, log = 0, {}, []
    clocks = dict.fromkeys(workers, 0)
    waiting = set()

    def answer(worker):
        dist.send(w, worker)
        seen[worker] = version

    for worker in workers:
        answer(worker)
    arriving = torch.empty_like(w)
    gathered, contributors = torch.zeros_like(w), []
    for _ in range(num_rounds * len(workers)):
        worker = dist.recv(arriving)
        gathered += arriving
        contributors.append(worker)
        if mode != "sync" or len(contributors) == len(workers):
            w -= lr / len(workers) * gathered
            version += 1
            log += [(k, clocks[k], seen[k], version) for k in contributors]
            for k in contributors:
                clocks[k] += 1
            waiting.update(contributors)
            gathered.zero_()
            contributors.clear()
        slowest = min(clocks.values())
        for k in sorted(waiting):
            if clocks[k] - slowest <= allowed:
                waiting.remove(k)
                answer(k)
    return {"w": w, "log": log}


def run_worker(like: Tensor, gradient: Callable[[Tensor, int], Tensor], num_rounds: int) -> Tensor:
    def receive():
        w = torch.empty_like(like)
        dist.recv(w, 0)
        return w

    w = receive()
    for clock in range(num_rounds):
        dist.send(gradient(w, clock).contiguous(), 0)
        w = receive()
    return w
