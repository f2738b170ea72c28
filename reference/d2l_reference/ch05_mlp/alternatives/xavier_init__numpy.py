import math

import numpy as np
import torch


def fans(shape):
    if len(shape) < 2:
        raise ValueError(f"no weights have the shape {shape}")
    size = math.prod(shape)
    return size // shape[0], size // shape[1]


def xavier_uniform(shape, seed=0):
    a = math.sqrt(3 / np.mean(fans(shape)))
    return torch.from_numpy(np.random.default_rng(seed).uniform(-a, a, shape)).float()


def he_normal(shape, seed=0):
    drawn = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    return torch.from_numpy(drawn) / math.sqrt(fans(shape)[0] / 2)
