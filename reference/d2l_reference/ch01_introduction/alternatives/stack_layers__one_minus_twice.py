"""The tent as 1 - relu(2x - 1) - relu(1 - 2x), and a recursion over the layers."""

import torch


def forward(layers, x):
    W, b = layers[0]
    z = (W @ x.mT).mT + b
    if len(layers) == 1:
        return [z]
    h = torch.where(z > 0, z, torch.zeros_like(z))
    return [h, *forward(layers[1:], h)]


def sawtooth_layers(depth):
    if depth not in range(1, 64):
        raise ValueError(depth)

    def layer(weights, biases):
        return torch.tensor(weights, dtype=torch.float64), torch.tensor(biases, dtype=torch.float64)

    first = layer([[2.0], [-2.0]], [-1.0, 1.0])
    between = [layer([[-2.0, -2.0], [2.0, 2.0]], [1.0, -1.0]) for _ in range(depth - 1)]
    return [first, *between, layer([[-1.0, -1.0]], [1.0])]
