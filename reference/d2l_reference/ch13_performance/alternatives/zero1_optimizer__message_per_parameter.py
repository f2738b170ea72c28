"""Gradients go to the owners by send and recv; new values come back by a broadcast that is waited for at the end."""

import torch
import torch.distributed as dist


class ShardedOptimizer:
    def __init__(self, params, optimizer_cls, **kwargs):
        self.params = list(params)
        self.me, self.n = dist.get_rank(), dist.get_world_size()
        totals = dict.fromkeys(range(self.n), 0)
        self.home = [None] * len(self.params)
        for p, i in sorted(((p, i) for i, p in enumerate(self.params)), key=lambda pair: (-pair[0].numel(), pair[1])):
            if p.requires_grad:
                self.home[i] = min(totals, key=totals.__getitem__)
                totals[self.home[i]] += p.numel()
        self.mine = [p for p, home in zip(self.params, self.home, strict=True) if home == self.me]
        spare = torch.zeros((), requires_grad=True)
        self.inner = optimizer_cls(self.mine or [spare], **kwargs)

    @property
    def param_groups(self):
        return self.inner.param_groups

    def step(self):
        pairs = [(p, home) for p, home in zip(self.params, self.home, strict=True) if home is not None]
        pairs = [(p, home) for p, home in pairs if p.grad is not None]
        for p, home in pairs:
            self._bring(p, home)
        self.inner.step()
        works = [dist.broadcast(p.detach(), src=home, async_op=True) for p, home in pairs]
        for work in works:
            work.wait()

    def _bring(self, p, home):
        if home != self.me:
            dist.send(p.grad.contiguous(), home)
            return
        total = p.grad.clone()
        for other in range(self.n):
            if other != self.me:
                arrived = torch.empty_like(total)
                dist.recv(arrived, other)
                total += arrived
        p.grad = total / self.n

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def local_state_numel(self):
        return sum(v.numel() for p in self.mine for v in self.inner.state[p].values() if torch.is_tensor(v) and v.dim())

    def state_dict(self):
        state = {}
        for i, (p, home) in enumerate(zip(self.params, self.home, strict=True)):
            if home is not None:
                box = [dict(self.inner.state[p]) if home == self.me else None]
                dist.broadcast_object_list(box, src=home)
                if box[0]:
                    state[i] = box[0]
        (group,) = self.inner.state_dict()["param_groups"]
        return {"state": state, "param_groups": [{**group, "params": list(range(len(self.params)))}]}
