"""Logarithms, shifted after every observation; samples by comparing with every cumulative sum."""

import torch
from torch import Tensor


class NoDistribution(ValueError):
    """Numbers that are no probabilities."""


def posterior(prior: Tensor, likelihood: Tensor, observations: list[int]) -> Tensor:
    if bool((prior < 0).any()) or not 0.99999 <= float(prior.double().sum()) <= 1.00001:
        raise NoDistribution(f"{prior} is no prior")
    belief = prior.double().log()
    for outcome in observations:
        belief = belief + likelihood[:, outcome].double().log()
        if belief.max() == -torch.inf:
            raise NoDistribution(f"outcome {outcome} is impossible")
        belief = belief - belief.max()
    return (belief.exp() / belief.exp().sum()).to(prior.dtype)


def expectation(values: Tensor, probs: Tensor) -> Tensor:
    return torch.dot(values, probs)


def variance(values: Tensor, probs: Tensor) -> Tensor:
    center = torch.dot(values, probs)
    return torch.dot((values - center) ** 2, probs)


def sample(values: Tensor, probs: Tensor, n: int, seed: int) -> Tensor:
    generator = torch.Generator()
    generator.manual_seed(seed)
    edges = torch.cumsum(probs, 0)
    u = torch.rand(n, 1, generator=generator) * edges[-1]
    return values[(u >= edges).sum(dim=1).clamp(max=int(probs.nonzero().max()))]
