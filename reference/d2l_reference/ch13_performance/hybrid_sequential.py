from collections.abc import Callable

import torch
from torch import Tensor, fx, nn


class HybridSequential(nn.Sequential):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self._hybrid = False
        # A module in a plain dictionary is not registered as a child.
        self._programs: dict[tuple[torch.Size, torch.dtype, bool], Callable[[Tensor], Tensor]] = {}

    @property
    def num_compiled(self) -> int:
        return len(self._programs)

    def hybridize(self, active: bool = True) -> None:
        self._hybrid = active

    def forward(self, x: Tensor) -> Tensor:
        if not self._hybrid:
            return super().forward(x)
        signature = (x.shape, x.dtype, self.training)
        if signature not in self._programs:
            # A Sequential of the same layers, since tracing this one would call this method again.
            self._programs[signature] = fx.symbolic_trace(nn.Sequential(*self))
        return self._programs[signature](x)
