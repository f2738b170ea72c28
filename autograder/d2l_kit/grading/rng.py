"""Inputs for checks: a frozen stream."""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def seed_of(*parts: str) -> int:
    """A 32-bit seed of some strings."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        total.update(len(data).to_bytes(8, "big") + data)
    return int.from_bytes(total.digest()[:4], "big")


class Rng:
    def __init__(self, seed):
        self._state = np.random.RandomState(seed)

    def normal(self, *shape, dtype=torch.float32, mean=0.0, std=1.0):
        return torch.from_numpy(np.asarray(self._state.normal(mean, std, shape))).to(dtype)

    def uniform(self, *shape, low=0.0, high=1.0, dtype=torch.float32):
        return torch.from_numpy(np.asarray(self._state.uniform(low, high, shape))).to(dtype)

    def integers(self, low, high, *shape):
        if not shape:
            return int(self._state.randint(low, high))
        return torch.from_numpy(self._state.randint(low, high, shape).astype(np.int64))

    def choice(self, seq):
        return seq[int(self._state.randint(0, len(seq)))]

    def permutation(self, n):
        return torch.from_numpy(self._state.permutation(n).astype(np.int64))
