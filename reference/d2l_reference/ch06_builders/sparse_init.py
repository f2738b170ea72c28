"""Solution of ch06/sparse_init."""

import math

import torch
from torch import Tensor, nn


def sparse_normal_(weight: Tensor, k: int, generator: torch.Generator) -> Tensor:
    outputs, inputs = weight.shape
    if not 1 <= k <= inputs:
        raise ValueError(f"a row of {inputs} weights cannot have {k} that are not zero")
    # The places of the k smallest of `inputs` random numbers: a random choice without repetitions, row by row.
    places = torch.rand(outputs, inputs, generator=generator).argsort(dim=1)[:, :k]
    values = torch.randn(outputs, k, generator=generator, dtype=weight.dtype) / math.sqrt(k)
    with torch.no_grad():
        weight.zero_()
        weight.scatter_(1, places, values)
    return weight


def init_model(model: nn.Module, k: int, seed: int = 0) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            sparse_normal_(layer.weight, min(k, layer.in_features), generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return model
