import math

import torch
from torch import Tensor


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        raise ValueError(f"weights have an output and an input axis, but the shape is {tuple(shape)}")
    outputs, inputs, *kernel = shape
    window = math.prod(kernel)
    return inputs * window, outputs * window


def xavier_uniform(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    # An even spread over [-a, a] has the variance a^2 / 3.
    bound = math.sqrt(6 / sum(fans(shape)))
    return (2 * torch.rand(shape, generator=_generator(seed)) - 1) * bound


def he_normal(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=_generator(seed)) * math.sqrt(2 / fan_in)


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
