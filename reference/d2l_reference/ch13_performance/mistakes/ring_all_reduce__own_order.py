"""Sends whole tensors round the ring; each rank adds them in the order in which they arrive."""

import torch
import torch.distributed as dist


def _checked(x, op):
    if op not in ("sum", "mean", "max"):
        raise ValueError(f"unknown op: {op}")
    if x.dtype == torch.bool or (op == "mean" and not x.is_floating_point()):
        raise ValueError(f"{op} of {x.dtype}")


def ring_all_reduce(x, op="sum"):
    _checked(x, op)
    n, rank = dist.get_world_size(), dist.get_rank()
    total = torch.empty(x.shape, dtype=x.dtype).copy_(x)
    passing = total.clone()
    for _ in range(n - 1):
        arrived = torch.empty_like(passing)
        sending = dist.isend(passing, (rank + 1) % n)
        dist.recv(arrived, (rank - 1) % n)
        sending.wait()
        passing = arrived
        total = torch.maximum(total, arrived) if op == "max" else total + arrived
    return total / n if op == "mean" else total
