"""Two programs that compile as one graph each, and a way to count graphs (section 13.1)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


def noisy_step(x: Tensor, threshold: float) -> Tensor:
    """Take the mean off x; if what is left is longer than threshold, shorten it to that length.

    The program below is right, but cannot be compiled as a whole. `torch.compile` traces Python code into a graph of
    tensor operations. Where a value is to leave the graph (NumPy, `float(...)`, `.item()`, printing) or decides which
    code runs next (`if tensor > 0:`), the graph breaks: what came before is one graph, plain Python goes on, and the
    rest is another graph. Rewrite it such that `torch.compile(noisy_step, fullgraph=True)` succeeds, which allows no
    break, and everything but the printing stays as it is. The choice depends on each input's own values, and the length
    is a constant for the gradient, as it is now.

    Args:
        x: Numbers, [n], floating point.
        threshold: The greatest length allowed, positive.

    Returns:
        [n]. Results and gradients are finite for every finite x, also where all its numbers are the same.

    Example:
        >>> noisy_step(torch.tensor([1.0, 9.0]), 10.0)  # of length 5.66 once the mean is gone: it stays
        tensor([-4.,  4.])

    Book: section 13.1.
    """
    centred = x - x.mean()
    size = float(np.linalg.norm(centred.detach().numpy()))
    print(f"length {size:.3f}")
    if size > threshold:
        return centred * (threshold / size)
    return centred


class GatedBlock(nn.Module):
    """A linear layer whose output goes one way or another.

    Rewrite `forward` so that it compiles with `fullgraph=True` as well, and with the same results and gradients. Both
    ways may be computed and one of them chosen. Beware of what the other one does to the gradient: 0 times infinity is
    NaN. Nobody reads the counter `calls`; a Python number that changes makes Dynamo compile anew at each call, so that
    it should go. Inputs of other sizes are to need one more compilation, and no more: then sizes are no constants.

    Args:
        width: Number of features in and out.

    Attributes:
        linear: The layer; nothing else is in the state_dict.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        """Scale the layer's output by the root of its sum where that is positive, else send it through tanh.

        Args:
            x: [..., width]. There is one sum over all of the output, and so one decision.

        Returns:
            [..., width]
        """
        self.calls += 1
        h = self.linear(x)
        total = h.sum()
        if total > 0:
            return h * torch.sqrt(total)
        return torch.tanh(h)


def count_graphs(fn: Callable[..., Any], *example: Any) -> int:
    """Count the graphs that Dynamo makes of one call, fn(*example), without having seen fn before.

    `torch.compile(fn, backend=...)` calls the backend for each graph it has made, with the graph (an `fx.GraphModule`)
    and example inputs, and runs what the backend returns in its place. A backend of one's own may count, and return the
    graph's own `forward`. Dynamo keeps what it has compiled: `torch._dynamo.reset()` makes it forget.

    Args:
        fn: A function or module.
        example: Its arguments.

    Returns:
        1 where nothing breaks the graph; a graph that runs several times counts once. However often it is asked, the
        answer is the same.

    Example:
        >>> count_graphs(lambda x: x + 1, torch.ones(3))
        1
    """
    raise NotImplementedError
