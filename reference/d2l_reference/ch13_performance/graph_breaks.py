"""Two programs that compile as one graph each, and a way to count graphs (section 13.1)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def noisy_step(x: Tensor, threshold: float) -> Tensor:
    centred = x - x.mean()
    size = centred.detach().norm()
    factor = torch.where(size > threshold, threshold / size, torch.ones_like(size))
    return centred * factor


class GatedBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        h = self.linear(x)
        total = h.sum()
        positive = total > 0
        # The root of something harmless where it is not wanted: its gradient, times 0, must be 0.
        root = torch.sqrt(torch.where(positive, total, torch.ones_like(total)))
        return torch.where(positive, h * root, torch.tanh(h))


def count_graphs(fn: Callable[..., Any], *example: Any) -> int:
    graphs = []

    def backend(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> Callable[..., Any]:
        graphs.append(graph)
        return graph.forward

    torch._dynamo.reset()
    torch.compile(fn, backend=backend)(*example)
    return len(graphs)
