"""Returns dictionaries with tensors, NaN and equal-looking keys."""

import torch


def corr2d(X, K):
    return {X: 1, float("nan"): 2, torch.float32: 3, (1, (2, 3)): K, "$": "tensor", 1: 4, True: 5}
