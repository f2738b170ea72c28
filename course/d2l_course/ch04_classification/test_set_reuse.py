"""How far a test set can be trusted, once and many times (section 4.6)."""

import math

import torch


def error_radius(n: int, delta: float = 0.05, num_models: int = 1) -> float:
    """Say how far a measured error rate can be from the true one.

    By Hoeffding's inequality the error rate on n test examples is off by more than eps, up or down, with a
    chance of at most 2 exp(-2 n eps^2). If k models are measured on the same test set, the chance that any of
    them is off is at most k times that (the union bound). The radius is the eps at which this chance is delta.

    Args:
        n: Number of test examples, at least 1.
        delta: Allowed chance of failure, between 0 and 1, both excluded.
        num_models: Number of models measured on this test set, k, at least 1.

    Returns:
        The radius, a Python float.

    Raises:
        ValueError: An argument is out of its range, where nan always is; the message names its value.

    Example:
        >>> round(error_radius(10_000), 4)
        0.0136

    Book: section 4.6.
    """
    raise NotImplementedError


def samples_needed(eps: float, delta: float = 0.05, num_models: int = 1) -> int:
    """Say how many test examples are needed for a radius of at most eps: the smallest such number.

    Args:
        eps: The radius wanted, above 0.
        delta: As for `error_radius`.
        num_models: As for `error_radius`.

    Returns:
        The number of examples, at least 1, a Python int.

    Raises:
        ValueError: An argument is out of its range, where nan always is; the message names its value.

    Example:
        >>> samples_needed(0.01), samples_needed(0.01, num_models=1000)
        (18445, 52984)
    """
    raise NotImplementedError


def simulate_reuse(num_models: int, n: int, seed: int) -> tuple[float, float]:
    """Choose among models that know nothing, by their accuracy on one test set, and look at the winner again.

    There are n examples in the test set, and each label is 0 or 1 with equal chance. Every model guesses each
    label by a fair coin of its own, so that its true accuracy is 1/2. The best on the test set is chosen. Then
    fresh n labels are drawn, and the chosen model, still guessing by coin, is measured on them.

    Args:
        num_models: Number of models, at least 1.
        n: Number of examples in each of the two test sets, at least 1.
        seed: The same seed gives the same answer, another one another.

    Returns:
        The winner's accuracy on the test set it was chosen by, and that on the fresh one: Python floats.

    Raises:
        ValueError: `num_models` or `n` is below 1; the message names its value.

    Example:
        >>> best, fresh = simulate_reuse(num_models=1000, n=100, seed=0)
        >>> best > 0.6
        True
    """
    raise NotImplementedError
