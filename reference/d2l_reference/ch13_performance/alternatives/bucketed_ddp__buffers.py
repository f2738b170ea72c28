"""Buckets with a buffer each that lasts; a counter instead of a set; gradients are copied back in place."""

import contextlib
import functools

import torch
import torch.distributed as dist
from torch import nn


class Bucket:
    def __init__(self, params):
        self.params = params
        self.buffer = torch.zeros(sum(p.numel() for p in params), dtype=params[0].dtype)
        self.views = [
            part.view_as(p) for part, p in zip(self.buffer.split([p.numel() for p in params]), params, strict=True)
        ]
        self.ready = set()
        self.work = None

    def send(self):
        for view, p in zip(self.views, self.params, strict=True):
            view.zero_() if p.grad is None else view.copy_(p.grad)
        self.work = dist.all_reduce(self.buffer, op=dist.ReduceOp.SUM, async_op=True)

    def receive(self, world):
        self.work.wait()
        for view, p in zip(self.views, self.params, strict=True):
            if p.grad is None:
                p.grad = torch.empty_like(p)
            p.grad.copy_(view / world)
        self.ready.clear()
        self.work = None


class BucketedDDP(nn.Module):
    def __init__(self, module, bucket_cap_bytes):
        super().__init__()
        self.module = module
        self.world = dist.get_world_size()
        self.quiet = False
        with torch.no_grad():
            for tensor in module.state_dict().values():
                dist.broadcast(tensor, src=0)
        groups = []
        for p in reversed(list(module.parameters())):
            if not p.requires_grad:
                continue
            size = sum(q.numel() * q.element_size() for q in groups[-1]) if groups else 0
            fits = groups and groups[-1][0].dtype == p.dtype and size + p.numel() * p.element_size() <= bucket_cap_bytes
            groups[-1].append(p) if fits else groups.append([p])
        self.buckets = [Bucket(group) for group in groups]
        self.bucket_sizes = [len(group) for group in groups]
        for number, bucket in enumerate(self.buckets):
            for p in bucket.params:
                p.register_post_accumulate_grad_hook(functools.partial(self.hook, number))

    def hook(self, number, p):
        if self.quiet:
            return
        self.buckets[number].ready.add(id(p))
        for bucket in self.buckets:
            if bucket.work is None:
                if len(bucket.ready) < len(bucket.params):
                    return
                bucket.send()

    def forward(self, *args):
        return self.module(*args)

    def finish_gradient_sync(self):
        for bucket in self.buckets:
            if bucket.work is None:
                bucket.send()
        for bucket in self.buckets:
            bucket.receive(self.world)

    @contextlib.contextmanager
    def no_sync(self):
        self.quiet = True
        yield
        self.quiet = False
