import torch
from torch import Tensor

SUM_TOLERANCE = 1e-5


def posterior(prior: Tensor, likelihood: Tensor, observations: list[int]) -> Tensor:
    if (prior < 0).any() or abs(prior.sum() - 1) > SUM_TOLERANCE:
        raise ValueError(f"{prior.tolist()} are no probabilities: they must be at least 0 and add up to 1")
    seen = torch.tensor(observations, dtype=torch.int64)
    # Products of thousands of probabilities underflow; sums of their logarithms do not.
    evidence = prior.double().log() + likelihood.double().log()[:, seen].sum(dim=1)
    if evidence.isneginf().all():
        raise ValueError("these observations are impossible under every hypothesis")
    return evidence.softmax(dim=0).to(prior.dtype)


def expectation(values: Tensor, probs: Tensor) -> Tensor:
    return (values * probs).sum()


def variance(values: Tensor, probs: Tensor) -> Tensor:
    return expectation((values - expectation(values, probs)).square(), probs)


def sample(values: Tensor, probs: Tensor, n: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    uniform = torch.rand(n, generator=generator, dtype=torch.float64)
    edges = probs.double().cumsum(dim=0)
    # Scaled by the last edge, which rounding may leave just below 1.
    return values[torch.searchsorted(edges, uniform * edges[-1], right=True)]
