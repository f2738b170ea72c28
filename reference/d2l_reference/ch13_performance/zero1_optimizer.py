"""An optimizer whose state is shared out among the ranks: ZeRO, stage 1 (sections 13.5 and 13.7)."""

from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import nn


class ShardedOptimizer:
    def __init__(self, params: Iterable[nn.Parameter], optimizer_cls: type, **kwargs: Any) -> None:
        self.params = list(params)
        self.rank, self.n = dist.get_rank(), dist.get_world_size()
        self.owner = self._owners()
        self.own = [i for i, owner in self.owner.items() if owner == self.rank]
        self.local = optimizer_cls([self.params[i] for i in self.own], **kwargs) if self.own else None
        self.param_groups = self.local.param_groups if self.local else [{"params": [], **kwargs}]

    def _owners(self):
        """Place of each parameter that is trained -> its owner, in the order of the places."""
        load, owner = [0] * self.n, {}
        trained = [i for i, p in enumerate(self.params) if p.requires_grad]
        for i in sorted(trained, key=lambda i: -self.params[i].numel()):
            owner[i] = load.index(min(load))
            load[owner[i]] += self.params[i].numel()
        return dict(sorted(owner.items()))

    def step(self) -> None:
        moving = [(self.params[i], owner) for i, owner in self.owner.items() if self.params[i].grad is not None]
        for p, owner in moving:
            dist.reduce(p.grad, owner)
            p.grad /= self.n
        if self.local:
            self.local.step()
        for p, owner in moving:
            dist.broadcast(p.data, owner)

    def zero_grad(self) -> None:
        for p in self.params:
            p.grad = None

    def _state(self):
        if self.local is None:
            return {}
        return {self.own[j]: state for j, state in self.local.state_dict()["state"].items()}

    def local_state_numel(self) -> int:
        values = [value for state in self._state().values() for value in state.values()]
        return sum(v.numel() for v in values if isinstance(v, torch.Tensor) and v.dim() > 0)

    def state_dict(self) -> dict[str, Any]:
        shards = [None] * self.n
        options = {key: value for key, value in self.param_groups[0].items() if key != "params"}
        dist.all_gather_object(shards, (self._state(), options))
        state = {i: value for shard, _ in shards for i, value in shard.items()}
        # A rank that owns nothing knows the options given, but not the class's defaults.
        complete = max((known for _, known in shards), key=len)
        return {"state": state, "param_groups": [{**complete, "params": list(range(len(self.params)))}]}
