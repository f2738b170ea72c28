"""One buffer for each owner: a reduction and a broadcast per rank instead of per parameter."""

import heapq

import torch
import torch.distributed as dist


class ShardedOptimizer:
    def __init__(self, params, optimizer_cls, **kwargs):
        self._all = list(params)
        self._me, self._world = dist.get_rank(), dist.get_world_size()
        heap = [(0, rank) for rank in range(self._world)]
        self._share = [[] for _ in range(self._world)]
        order = sorted(range(len(self._all)), key=lambda i: self._all[i].numel(), reverse=True)
        for i in order:
            if self._all[i].requires_grad:
                load, rank = heapq.heappop(heap)
                self._share[rank].append(i)
                heapq.heappush(heap, (load + self._all[i].numel(), rank))
        # A rank without a share keeps a parameter of its own that is never trained.
        mine = [self._all[i] for i in self._share[self._me]] or [torch.nn.Parameter(torch.zeros(1))]
        self._optimizer = optimizer_cls(mine, **kwargs)
        self.param_groups = self._optimizer.param_groups

    def step(self):
        shares = [[self._all[i] for i in share if self._all[i].grad is not None] for share in self._share]
        for rank, share in enumerate(shares):
            if share:
                flat = torch.cat([p.grad.reshape(-1) for p in share])
                dist.reduce(flat, rank, op=dist.ReduceOp.SUM)
                if rank == self._me:
                    for p, part in zip(share, flat.div(self._world).split([p.numel() for p in share]), strict=True):
                        p.grad = part.view_as(p)
        self._optimizer.step()
        with torch.no_grad():
            for rank, share in enumerate(shares):
                if share:
                    flat = torch.cat([p.reshape(-1) for p in share])
                    dist.broadcast(flat, rank)
                    for p, part in zip(share, flat.split([p.numel() for p in share]), strict=True):
                        p.copy_(part.view_as(p))

    def zero_grad(self):
        for p in self._all:
            p.grad = None

    def local_state_numel(self):
        total = 0
        for state in self._optimizer.state.values():
            total += sum(v.numel() for v in state.values() if torch.is_tensor(v) and v.ndim)
        return total

    def state_dict(self):
        mine = {i: self._optimizer.state.get(self._all[i], {}) for i in self._share[self._me]}
        gathered = [None] * self._world
        dist.all_gather_object(gathered, mine)
        group = {k: v for k, v in self.param_groups[0].items() if k != "params"}
        group["params"] = list(range(len(self._all)))
        return {"state": {i: s for part in gathered for i, s in part.items() if s}, "param_groups": [group]}
