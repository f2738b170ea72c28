"""All-reduce on a ring, from nothing but messages between neighbours (section 13.7)."""

import torch
import torch.distributed as dist
from torch import Tensor

COMBINE = {"sum": torch.add, "mean": torch.add, "max": torch.maximum}


def ring_all_reduce(x: Tensor, op: str = "sum") -> Tensor:
    if op not in COMBINE:
        raise ValueError(f"op must be one of {', '.join(COMBINE)}, not {op!r}")
    if x.dtype is torch.bool:
        raise ValueError("a tensor of torch.bool has no sum, mean or maximum")
    if op == "mean" and not x.is_floating_point():
        raise ValueError(f"the mean needs a floating dtype, not {x.dtype}")
    n, rank = dist.get_world_size(), dist.get_rank()
    size = -(-x.numel() // n)
    padded = torch.empty(n * size, dtype=x.dtype)
    padded[: x.numel()] = x.reshape(-1)
    _go_round(padded.view(n, size), COMBINE[op], n, rank)
    if op == "mean":
        padded /= n
    return padded[: x.numel()].reshape(x.shape)


def _go_round(chunks, combine, n, rank):
    arrived = torch.empty_like(chunks[0])
    for step in range(n - 1):
        _shift(chunks[rank - step], arrived, n, rank)
        mine = chunks[rank - step - 1]
        combine(mine, arrived, out=mine)
    # The chunk combined last has been at every rank.
    for step in range(n - 1):
        _shift(chunks[(rank + 1 - step) % n], chunks[rank - step], n, rank)


def _shift(leaving, arriving, n, rank):
    sending = dist.isend(leaving, (rank + 1) % n)
    dist.recv(arriving, (rank - 1) % n)
    sending.wait()
