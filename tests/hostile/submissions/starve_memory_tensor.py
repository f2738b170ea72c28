"""Asks torch for 4 TiB at once."""

import torch


def corr2d(X, K):
    return torch.ones(1 << 40)
