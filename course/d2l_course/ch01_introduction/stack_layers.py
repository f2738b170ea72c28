"""The essence of deep learning: simple layers, one on top of the other (section 1.7)."""

import torch
from torch import Tensor


def forward(layers: list[tuple[Tensor, Tensor]], x: Tensor) -> list[Tensor]:
    """Send rows through a stack of layers, and keep what comes out of each.

    A layer (W, b) makes x W^T + b of what the layer below hands it. All layers but the last then cut
    negative numbers off (ReLU). Every layer's output is a new representation of the same rows.

    Arguments are left as they are.

    Args:
        layers: Weights [o, i] and biases [o] of each layer, the lowest first; i is the o of the layer below.
        x: Rows, [n, i] with the i of the lowest layer.

    Returns:
        The output of every layer, lowest first, each [n, o].

    Example:
        >>> layers = [(torch.tensor([[1.0], [-1.0]]), torch.tensor([0.0, 0.5])),
        ...           (torch.tensor([[2.0, -4.0]]), torch.tensor([1.0]))]
        >>> forward(layers, torch.tensor([[3.0], [-1.0]]))
        [tensor([[3.0000, 0.0000],
                [0.0000, 1.5000]]), tensor([[ 7.],
                [-5.]])]

    Book: section 1.7.
    """
    raise NotImplementedError


def sawtooth_layers(depth: int) -> list[tuple[Tensor, Tensor]]:
    """Build, without any training, a deep narrow network for a function with very many teeth.

    The tent map t(x) = 1 - |2x - 1| climbs from 0 to 1 and falls back to 0 as x goes from 0 to 1. Applied to its
    own result, t(t(x)), it makes two tents of half the width; applied `depth` times, 2^(depth-1) of them,
    2^depth straight pieces in all. On [0, 1] the network computes exactly that, for x as [n, 1] rows:
    `forward(sawtooth_layers(depth), x)[-1]`.

    It has `depth` hidden layers of at most 3 units each and a linear layer on top. A single hidden layer would
    need a unit for every tooth; each layer more doubles their number. That is why depth pays.

    Args:
        depth: How often the tent map is applied, at least 1.

    Returns:
        depth + 1 layers (W, b) as `forward` takes them, of dtype float64.

    Raises:
        ValueError: depth is below 1; the message names it.

    Example:
        >>> x = torch.tensor([[0.0], [0.125], [0.25], [0.5], [0.75], [1.0]], dtype=torch.float64)
        >>> forward(sawtooth_layers(2), x)[-1].flatten().tolist()
        [0.0, 0.5, 1.0, 0.0, 1.0, 0.0]

    Book: section 1.7.
    """
    raise NotImplementedError
