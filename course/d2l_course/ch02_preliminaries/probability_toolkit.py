"""Bayes' rule, expectation, variance and sampling for distributions on a few values (section 2.6)."""

import torch
from torch import Tensor


def posterior(prior: Tensor, likelihood: Tensor, observations: list[int]) -> Tensor:
    """Update the probabilities of k hypotheses by what has been observed (Bayes' rule).

    Observations are independent of each other once the hypothesis is given. There may be thousands of them, so
    that the product of their likelihoods is far below the smallest number a float can hold; the posterior is
    right all the same, also where a hypothesis is all but ruled out at first and gains on the others later. Only
    a likelihood or a prior of exactly 0 rules a hypothesis out. Without observations the posterior is the prior.
    In float64 the posterior has the digits of float64.

    Args:
        prior: The hypotheses' probabilities beforehand, [k], of a floating dtype.
        likelihood: [k, m]: the number at [i, j] is the probability of outcome j under hypothesis i.
        observations: The outcomes that were seen, numbers from 0 to m - 1.

    Returns:
        The hypotheses' probabilities afterwards, [k], which add up to 1, of the prior's dtype.

    Raises:
        ValueError: A prior probability is negative, whatever was observed, or they do not add up to 1
            (within 1e-5); or what was observed is impossible under every hypothesis that has a probability.

    Example:
        >>> ill_or_not, test = torch.tensor([0.25, 0.75]), torch.tensor([[0.9, 0.1], [0.3, 0.7]])
        >>> posterior(ill_or_not, test, [0])
        tensor([0.5000, 0.5000])

    Book: section 2.6.
    """
    raise NotImplementedError


def expectation(values: Tensor, probs: Tensor) -> Tensor:
    """Average values, each by its probability.

    Args:
        values: [q], of a floating dtype.
        probs: Their probabilities, [q], of the same dtype.

    Returns:
        A tensor without axes.

    Example:
        >>> expectation(torch.tensor([0.0, 10.0]), torch.tensor([0.75, 0.25]))
        tensor(2.5000)

    Book: section 2.6.
    """
    raise NotImplementedError


def variance(values: Tensor, probs: Tensor) -> Tensor:
    """Average the squared distance to the expectation, without losing digits where values are large.

    The values may be large and close together, in float32 or float64, and one far from the others may have the
    probability 0.

    Args:
        values: [q], of a floating dtype.
        probs: Their probabilities, [q], of the same dtype.

    Returns:
        A tensor without axes.

    Example:
        >>> variance(torch.tensor([0.0, 10.0]), torch.tensor([0.75, 0.25]))
        tensor(18.7500)

    Book: section 2.6.
    """
    raise NotImplementedError


def sample(values: Tensor, probs: Tensor, n: int, seed: int) -> Tensor:
    """Draw independent values with the given probabilities, from nothing but uniform random numbers.

    A uniform number between 0 and 1 falls into one of the pieces that the cumulative sums of the probabilities
    cut this interval into; the piece says which value is drawn. The uniform numbers come from a generator of
    its own, a `torch.Generator` (or `random.Random(seed)`, or numpy's `default_rng(seed)`), so that the same seed
    gives the same draws and no global random state changes. Draws that come ready-made from a distribution, such
    as `multinomial` or `choices`, are not allowed.

    Args:
        values: [q].
        probs: Their probabilities, [q], of a floating dtype; some may be 0.
        n: How many to draw; may be 0.
        seed: Of the generator.

    Returns:
        [n], of values' dtype.

    Example:
        >>> sample(torch.tensor([5, 7]), torch.tensor([0.0, 1.0]), n=3, seed=0)
        tensor([7, 7, 7])

    Book: section 2.6.
    """
    raise NotImplementedError
