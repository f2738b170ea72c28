"""Pipeline parallelism: stages on different ranks, micro-batches, and the order of forwards and backwards (13.5)."""

import torch
import torch.distributed as dist
from torch import Tensor, nn


def schedule(kind: str, stage: int, num_stages: int, num_micro: int) -> list[tuple[str, int]]:
    if kind not in ("gpipe", "1f1b"):
        raise ValueError(f'kind must be "gpipe" or "1f1b", not {kind!r}')
    if not 0 <= stage < num_stages:
        raise ValueError(f"there is no stage {stage} among {num_stages}")
    if num_micro < 1:
        raise ValueError(f"there must be at least one micro-batch, not {num_micro}")
    ahead = num_micro if kind == "gpipe" else min(num_stages - 1 - stage, num_micro)
    order = [("F", i) for i in range(ahead)]
    for i in range(ahead, num_micro):
        order += [("F", i), ("B", i - ahead)]
    return order + [("B", i) for i in range(num_micro - ahead, num_micro)]


def bubble_fraction(num_stages: int, num_micro: int) -> float:
    if num_stages < 1 or num_micro < 1:
        raise ValueError(f"{num_stages} stages and {num_micro} micro-batches: there must be at least one of each")
    return (num_stages - 1) / (num_micro + num_stages - 1)


class _Outbox:
    """Messages that are on their way: at most one to each neighbour."""

    def __init__(self):
        self._works = {}

    def send(self, peer, *tensors):
        self.wait(peer)
        # A blocking send waits for its receiver, and in 1F1B both neighbours have something to send.
        self._works[peer] = [dist.isend(t, peer) for t in tensors]

    def wait(self, peer):
        for work in self._works.pop(peer, []):
            work.wait()

    def wait_for_all(self):
        for peer in list(self._works):
            self.wait(peer)


def _receive(peer, shape, dtype):
    arriving = torch.empty(shape, dtype=dtype)
    dist.recv(arriving, peer)
    return arriving


def _cut(batch, num_micro):
    if num_micro > len(batch):
        raise ValueError(f"{len(batch)} rows cannot be cut into {num_micro} micro-batches")
    return batch.tensor_split(num_micro)


def run_pipeline(
    stage_module: nn.Module, x: Tensor | None, target: Tensor | None, num_micro: int, kind: str
) -> float | None:
    rank, n = dist.get_rank(), dist.get_world_size()
    order = schedule(kind, rank, n, num_micro)
    before, behind = (rank - 1 if rank > 0 else None), (rank + 1 if rank < n - 1 else None)
    parts = _cut(x, num_micro) if before is None else None
    targets = _cut(target, num_micro) if behind is None else None
    dtype = next(stage_module.parameters()).dtype
    outbox, alive, total = _Outbox(), {}, 0.0
    for what, i in order:
        if what == "F":
            if before is None:
                came = parts[i]
            else:
                shape = _receive(before, (2,), torch.int64)
                came = _receive(before, shape.tolist(), dtype).requires_grad_()
            out = stage_module(came)
            if behind is None:
                out = (out - targets[i]).square().sum() / target.numel()
                total += out.item()
            else:
                outbox.send(behind, torch.tensor(out.shape), out.detach().contiguous())
            alive[i] = came, out
        else:
            came, out = alive.pop(i)
            pull = None if behind is None else _receive(behind, out.shape, dtype)
            # A first stage that is frozen has no graph.
            if out.requires_grad:
                out.backward(pull)
            if before is not None:
                outbox.send(before, came.grad)
    outbox.wait_for_all()
    return total if behind is None else None
