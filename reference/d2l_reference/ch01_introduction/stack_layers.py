import torch
from torch import Tensor


def forward(layers: list[tuple[Tensor, Tensor]], x: Tensor) -> list[Tensor]:
    representations = []
    for W, b in layers:
        x = x @ W.T + b
        if len(representations) < len(layers) - 1:
            x = x.relu()
        representations.append(x)
    return representations


def sawtooth_layers(depth: int) -> list[tuple[Tensor, Tensor]]:
    if depth < 1:
        raise ValueError(f"depth must be at least 1, not {depth}")
    # On [0, 1] the tent is 2 relu(x) - 4 relu(x - 1/2): two hidden units, and the sum that joins them.
    split, offsets = torch.ones(2, 1, dtype=torch.float64), torch.tensor([0.0, -0.5], dtype=torch.float64)
    join = torch.tensor([[2.0, -4.0]], dtype=torch.float64)
    # A tent's sum is linear, as is the split of the next: one matrix does both.
    higher = [(split @ join, offsets)] * (depth - 1)
    return [(split, offsets), *higher, (join, torch.zeros(1, dtype=torch.float64))]
