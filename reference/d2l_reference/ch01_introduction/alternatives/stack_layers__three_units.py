"""Three hidden units a layer, 2x, 4x - 2 and 2x - 2, which add up to the tent on the whole line; F.linear."""

import torch
import torch.nn.functional as F


def forward(layers, x):
    *hidden, last = layers
    outputs = []
    for layer in hidden:
        x = F.relu(F.linear(x, *layer))
        outputs.append(x)
    return [*outputs, F.linear(x, *last)]


def sawtooth_layers(depth):
    if depth <= 0:
        raise ValueError("depth is " + str(depth))
    W = torch.tensor([2.0, 4.0, 2.0]).double().view(3, 1)
    b = torch.tensor([0.0, -2.0, -2.0]).double()
    signs = torch.tensor([[1.0, -1.0, 1.0]]).double()
    layers = [(W, b)]
    while len(layers) < depth:
        layers.append((W @ signs, b.clone()))
    layers.append((signs, b[:1].clone()))
    return layers
