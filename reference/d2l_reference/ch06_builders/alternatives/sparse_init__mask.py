"""A dense draw times a mask from topk, copied into .data; layers by apply."""

import torch
from torch import nn


def sparse_normal_(weight, k, generator):
    if k not in range(1, weight.shape[1] + 1):
        raise ValueError(f"k is {k}, but should be 1 to {weight.shape[1]}")
    scores = torch.rand(weight.shape, generator=generator)
    mask = torch.zeros_like(scores).scatter(1, scores.topk(k, dim=1).indices, 1.0)
    dense = torch.randn(weight.shape, generator=generator).mul(mask).div(k**0.5)
    weight.data.copy_(dense)
    return weight


def init_model(model, k, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def start(module):
        if not isinstance(module, nn.Linear):
            return
        sparse_normal_(module.weight, min(k, module.in_features), generator)
        if module.bias is not None:
            module.bias.data.zero_()

    return model.apply(start)
