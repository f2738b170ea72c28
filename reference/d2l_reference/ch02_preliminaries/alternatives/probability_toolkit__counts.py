"""Counts outcomes first, subtracts the largest logarithm; bisects Python lists for the samples."""

import bisect
import itertools
import math
from collections import Counter

import torch
from torch import Tensor


def posterior(prior: Tensor, likelihood: Tensor, observations: list[int]) -> Tensor:
    weights = prior.tolist()
    if min(weights) < 0 or abs(sum(weights) - 1) > 1e-5:
        raise ValueError(f"no prior: {weights}")
    counts = Counter(observations)
    scores = []
    for p, row in zip(weights, likelihood.tolist(), strict=True):
        terms = [p] + [row[j] for j in counts]
        if min(terms) == 0:
            scores.append(-math.inf)
        else:
            scores.append(math.log(p) + sum(n * math.log(row[j]) for j, n in counts.items()))
    best = max(scores)
    if best == -math.inf:
        raise ValueError("impossible evidence")
    shares = [math.exp(score - best) for score in scores]
    return torch.tensor([share / sum(shares) for share in shares], dtype=prior.dtype)


def expectation(values: Tensor, probs: Tensor) -> Tensor:
    return torch.einsum("q,q->", values, probs)


def variance(values: Tensor, probs: Tensor) -> Tensor:
    shifted = values - expectation(values, probs)  # small numbers: the shortcut is safe for them
    return expectation(shifted**2, probs) - expectation(shifted, probs) ** 2


def sample(values: Tensor, probs: Tensor, n: int, seed: int) -> Tensor:
    edges = list(itertools.accumulate(probs.tolist()))
    uniform = torch.rand(n, generator=torch.Generator().manual_seed(seed)).tolist()
    places = [bisect.bisect_right(edges, u * edges[-1]) for u in uniform]
    return values[torch.tensor(places, dtype=torch.long)]
