"""Makes torch.compile ready: imported once in the zygote, where each worker would get ready for itself.

The first compilations import three dozen modules and fill tables, for the breaks of a graph and for sizes that change
too. And after each one Dynamo empties the processor's caches, to log how long its guards would take then: for what
exercises compile, that is most of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch._dynamo
from torch import Tensor, nn
from torch._dynamo import guards


def _not_measured(*_args: Any) -> float:
    return 0.0


def _as_traced(graph: torch.fx.GraphModule, _inputs: list[Tensor]) -> Callable[..., Any]:
    return graph.forward


class _Program(nn.Module):
    """A little of what programs do, and one break."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x: Tensor, limit: float) -> Tensor:
        """Shape (n, 2) to (n, 2)."""
        y = self.linear(x - x.mean())
        y = torch.where(y.detach().norm() > limit, y * limit, torch.tanh(y) + y.sum())
        return y + 1 if y.sum() > 0 else -y


def _warm_up() -> None:
    program = torch.compile(_Program(), backend=_as_traced)
    for rows in (2, 3):
        program(torch.ones(rows, 2), 2.0)
    torch._dynamo.reset()


if hasattr(guards, "profile_guard_manager"):
    guards.profile_guard_manager = _not_measured
_warm_up()
