"""Data parallelism with gradient buckets that travel while the backward pass goes on (sections 13.3, 13.5 and 13.6)."""

from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class BucketedDDP(nn.Module):
    def __init__(self, module: nn.Module, bucket_cap_bytes: int) -> None:
        super().__init__()
        self.module = module
        for tensor in [*module.parameters(), *module.buffers()]:
            dist.broadcast(tensor.data, 0)
        self._buckets = self._fill(bucket_cap_bytes)
        self.bucket_sizes = [len(bucket) for bucket in self._buckets]
        self._place = {p: i for i, bucket in enumerate(self._buckets) for p in bucket}
        self._syncing = True
        self._start_over()
        for p in self._place:
            p.register_post_accumulate_grad_hook(self._arrived)

    def _fill(self, cap):
        buckets, used = [], 0
        for p in reversed([p for p in self.module.parameters() if p.requires_grad]):
            size = p.numel() * p.element_size()
            if not buckets or buckets[-1][0].dtype != p.dtype or used + size > cap:
                buckets.append([])
                used = 0
            buckets[-1].append(p)
            used += size
        return buckets

    def _start_over(self):
        self._missing = [set(bucket) for bucket in self._buckets]
        self._flying = []

    def _arrived(self, p):
        if self._syncing:
            self._missing[self._place[p]].discard(p)
            while len(self._flying) < len(self._buckets) and not self._missing[len(self._flying)]:
                self._launch()

    def _launch(self):
        bucket = self._buckets[len(self._flying)]
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in bucket])
        self._flying.append((flat, dist.all_reduce(flat, async_op=True)))

    def forward(self, *args: Any) -> Tensor:
        return self.module(*args)

    def finish_gradient_sync(self) -> None:
        while len(self._flying) < len(self._buckets):
            self._launch()
        for bucket, (flat, work) in zip(self._buckets, self._flying, strict=True):
            work.wait()
            flat /= dist.get_world_size()
            for p, part in zip(bucket, flat.split([p.numel() for p in bucket]), strict=True):
                p.grad = part.view_as(p)
        self._start_over()

    @contextmanager
    def _quiet(self):
        self._syncing = False
        try:
            yield
        finally:
            self._syncing = True

    def no_sync(self) -> AbstractContextManager[None]:
        return self._quiet()
