"""The random stream that checks draw their inputs from: the same on every machine and in every version.

It stands on numpy's `RandomState`, whose streams are frozen for good (NEP 19), never on torch's generators or
numpy's `Generator`, which may change. Draws are made in double precision and 64-bit integers, whatever is asked
for, so that one stream gives the same numbers on every platform and in every dtype, up to rounding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar, overload

import numpy as np
import torch

T = TypeVar("T")

SEED_BITS = 32  # what RandomState takes


def seed_of(*parts: str) -> int:
    """A 32-bit seed from texts, such as an assignment, a student and a check.

    Every text counts with its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return int.from_bytes(digest.digest()[: SEED_BITS // 8], "big")


class Rng:
    """A stream of tensors; what is drawn depends on the seed and on the draws before, and on nothing else.

    Args:
        seed: One integer from 0 to 2**32 - 1, or texts that `seed_of` makes one from.
    """

    def __init__(self, *seed: int | str) -> None:
        if not seed:
            raise ValueError("Rng needs a seed: an integer, or texts to make one from.")
        number = seed[0] if len(seed) == 1 and isinstance(seed[0], int) else seed_of(*map(str, seed))
        self._state = np.random.RandomState(number)

    def normal(
        self, *shape: int, dtype: torch.dtype = torch.float32, mean: float = 0.0, std: float = 1.0
    ) -> torch.Tensor:
        """Normally distributed values of a shape; without one, a tensor without axes."""
        return _tensor(self._state.standard_normal(shape) * std + mean, dtype)

    def uniform(
        self, *shape: int, low: float = 0.0, high: float = 1.0, dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        """Evenly distributed values from `low` to `high`, which rounding to `dtype` may just reach."""
        return _tensor(self._state.random_sample(shape) * (high - low) + low, dtype)

    @overload
    def integers(self, low: int, high: int) -> int: ...

    @overload
    def integers(self, low: int, high: int, size: int, /, *shape: int) -> torch.Tensor: ...

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor | int:
        """Integers from `low` up to `high` exclusive: an int64 tensor of a shape, or without one a Python int."""
        if not shape:
            return int(self._state.randint(low, high, dtype=np.int64))
        return _tensor(self._state.randint(low, high, size=shape, dtype=np.int64), torch.int64)

    def choice(self, options: Sequence[T]) -> T:
        """One of several options."""
        if not options:
            raise ValueError("Rng.choice needs at least one option.")
        return options[int(self._state.randint(0, len(options), dtype=np.int64))]

    def permutation(self, n: int) -> torch.Tensor:
        """The numbers 0 to n - 1 in random order, as an int64 tensor."""
        return _tensor(self._state.permutation(np.arange(n, dtype=np.int64)), torch.int64)


def _tensor(values: object, dtype: torch.dtype) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values)).to(dtype)
