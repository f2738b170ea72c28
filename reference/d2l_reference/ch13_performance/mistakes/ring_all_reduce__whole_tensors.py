"""Sends whole tensors round the ring; each rank adds all of them up in the order of the ranks."""

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
    tensors = [torch.empty(x.shape, dtype=x.dtype) for _ in range(n)]
    tensors[rank].copy_(x)
    for step in range(n - 1):
        sending = dist.isend(tensors[(rank - step) % n], (rank + 1) % n)
        dist.recv(tensors[(rank - step - 1) % n], (rank - 1) % n)
        sending.wait()
    stacked = torch.stack(tensors)
    return stacked.amax(0) if op == "max" else stacked.mean(0) if op == "mean" else stacked.sum(0)
