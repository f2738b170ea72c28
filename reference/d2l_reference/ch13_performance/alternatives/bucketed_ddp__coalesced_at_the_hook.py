"""Divides before it sends, and keeps what is under way by number."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters


class Quiet:
    def __init__(self, owner):
        self.owner = owner

    def __enter__(self):
        self.owner.accumulating = True

    def __exit__(self, *details):
        self.owner.accumulating = False


class BucketedDDP(nn.Module):
    def __init__(self, module, bucket_cap_bytes):
        super().__init__()
        self.module = module
        works = [dist.broadcast(t.detach(), 0, async_op=True) for t in (*module.parameters(), *module.buffers())]
        for work in works:
            work.wait()
        self.plan, room, kind = [], 0, None
        for p in list(module.parameters())[::-1]:
            if p.requires_grad:
                nbytes = p.detach().nbytes
                if kind != p.dtype or nbytes > room:
                    self.plan.append([])
                    room, kind = bucket_cap_bytes, p.dtype
                self.plan[-1].append(p)
                room -= nbytes
        self.bucket_sizes = list(map(len, self.plan))
        self.accumulating = False
        self.seen, self.under_way = [0] * len(self.plan), {}
        for number, params in enumerate(self.plan):
            for p in params:
                p.register_post_accumulate_grad_hook(lambda _p, number=number: self.count(number))

    def count(self, number):
        if not self.accumulating:
            self.seen[number] += 1
            while (first := len(self.under_way)) < len(self.plan) and self.seen[first] == len(self.plan[first]):
                self.go(first)

    def go(self, number):
        for p in self.plan[number]:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        flat = parameters_to_vector([p.grad for p in self.plan[number]]) / dist.get_world_size()
        self.under_way[number] = flat, dist.all_reduce(flat, async_op=True)

    def forward(self, *args):
        return self.module(*args)

    def finish_gradient_sync(self):
        for number in range(len(self.under_way), len(self.plan)):
            self.go(number)
        for number, (flat, work) in self.under_way.items():
            work.wait()
            vector_to_parameters(flat, [p.grad for p in self.plan[number]])
        self.seen, self.under_way = [0] * len(self.plan), {}

    def no_sync(self):
        return Quiet(self)
