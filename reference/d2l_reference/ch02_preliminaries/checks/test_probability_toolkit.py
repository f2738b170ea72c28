"""Hidden checks of ch02/probability_toolkit."""

import pytest
import torch
from d2l_course.ch02_preliminaries.checks.test_probability_toolkit import draws_of_seeds
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, assert_raises, assert_shape, probe


def distribution(rng, *shape):
    """Random probabilities along the last axis, in float64."""
    weights = rng.uniform(*shape, low=0.1, high=1.0, dtype=torch.float64)
    return weights / weights.sum(dim=-1, keepdim=True)


def step_by_step(prior, likelihood, observations):
    """Bayes' rule once for each observation, normalised each time."""
    belief = prior.double()
    for outcome in observations:
        belief = belief * likelihood[:, outcome].double()
        belief = belief / belief.sum()
    return belief


@probe
def arguments_afterwards(module, prior, likelihood, values, probs):
    module.posterior(prior, likelihood, [0, 1])
    module.variance(values, probs)
    module.sample(values, probs, 5, 1)
    return [prior, likelihood, values, probs]


@probe
def global_randomness(module, values, probs, seed):
    """Draws, and what torch's global generator, seeded before, gives after them."""
    torch.manual_seed(seed)
    draws = module.sample(values, probs, 40, 3)
    return draws, torch.rand(6)


@pytest.mark.weight(3)
@pytest.mark.needs("several_observations")
def test_posterior_of_any_table(submission, rng):
    """Any number of hypotheses and outcomes, in single and double precision."""
    for dtype in (torch.float32, torch.float64):
        for k, m in [(2, 5), (4, 4), (rng.integers(3, 7), rng.integers(2, 4))]:
            prior, likelihood = distribution(rng, k).to(dtype), distribution(rng, k, m).to(dtype)
            seen = rng.integers(0, m, rng.integers(1, 8)).tolist()
            expected = step_by_step(prior, likelihood, seen).to(dtype)
            rtol, atol = (1e-4, 1e-5) if dtype == torch.float32 else (1e-9, 1e-12)
            found = submission.posterior(prior, likelihood, seen)
            assert_close(found, expected, rtol=rtol, atol=atol, dtype=True, what="posterior")


@pytest.mark.weight(2)
@pytest.mark.needs("many_observations")
def test_long_evidence(submission, rng):
    """Thousands of observations under hypotheses that are nearly alike, one of them all but ruled out."""
    n = rng.integers(4000, 6000)
    table = torch.tensor([[0.25, 0.75], [0.25 + 0.5 / n, 0.75 - 0.5 / n], [0.6, 0.4]], dtype=torch.float64)
    prior = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    seen = [0] * (n // 4) + [1] * (n - n // 4)
    seen = [seen[i] for i in rng.permutation(n).tolist()]
    found = submission.posterior(prior, table, seen)
    assert_close(found, step_by_step(prior, table, seen), rtol=1e-2, atol=1e-4, what="posterior")


@pytest.mark.needs("several_observations")
def test_impossible_outcomes(submission, rng):
    """A likelihood of 0, or a prior of 0, rules a hypothesis out and leaves the others their share."""
    prior = torch.tensor([0.2, 0.3, 0.5, 0.0])
    likelihood = torch.tensor([[0.0, 1.0], [0.4, 0.6], [0.5, 0.5], [1.0, 0.0]])
    seen = [1] * rng.integers(1, 5) + [0]
    expected = step_by_step(prior, likelihood, seen).float()
    assert_close(submission.posterior(prior, likelihood, seen), expected, what="posterior")
    # What is ruled out stays so, however well it explains hundreds of further outcomes.
    likelihood = torch.tensor([[0.0, 0.9, 0.1], [0.2, 0.1, 0.7]])
    seen = [1] * rng.integers(200, 300) + [0]
    found = submission.posterior(torch.tensor([0.5, 0.5]), likelihood, seen)
    assert_close(found, torch.tensor([0.0, 1.0]), what="posterior with much evidence for what is impossible")


@pytest.mark.needs("several_observations")
def test_refuses_impossible_evidence(submission, rng):
    """What no hypothesis allows is a ValueError, also if only the prior rules out the last one."""
    likelihood = torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.5, 0.5]])
    seen = [1] * rng.integers(1, 4) + [0]
    assert_raises(ValueError, submission.posterior, torch.tensor([0.5, 0.5]), likelihood[:2], seen)
    assert_raises(ValueError, submission.posterior, torch.tensor([0.5, 0.5, 0.0]), likelihood, seen)


@pytest.mark.needs("refuses_a_wrong_sum", "several_observations")
def test_sum_of_the_prior(submission, rng):
    """A prior may miss 1 by rounding, not by a thousandth in either direction."""
    likelihood = distribution(rng, 2, 3).float()
    for miss in (1e-3, -1e-3):
        assert_raises(ValueError, submission.posterior, torch.tensor([0.25, 0.75 + miss]), likelihood, [0, 2])
    prior = torch.tensor([0.25, 0.75 + 4e-6])
    expected = step_by_step(prior, likelihood, [0, 2]).float()
    assert_close(submission.posterior(prior, likelihood, [0, 2]), expected, what="posterior")


@pytest.mark.weight(2)
@pytest.mark.needs("expectation", "variance")
def test_moments_of_any_distribution(submission, rng):
    """Expectation and variance of any distribution, negative values included, in float64."""
    for q in (1, rng.integers(2, 5), rng.integers(5, 20)):
        values, probs = rng.normal(q, dtype=torch.float64, mean=-3.0, std=5.0), distribution(rng, q)
        mean = sum(v * p for v, p in zip(values.tolist(), probs.tolist(), strict=True))
        spread = sum((v - mean) ** 2 * p for v, p in zip(values.tolist(), probs.tolist(), strict=True))
        expected = torch.tensor([mean, spread], dtype=torch.float64)
        exact = {"rtol": 1e-10, "atol": 1e-10, "dtype": True}
        assert_close(submission.expectation(values, probs), expected[0], what="expectation", **exact)
        assert_close(submission.variance(values, probs), expected[1], what="variance", trivial=q == 1, **exact)


@pytest.mark.weight(2)
@pytest.mark.needs("frequencies")
def test_frequencies_of_any_distribution(submission, rng):
    """Values of any number and order, the first and last of them impossible."""
    values, probs = rng.permutation(6) * 3, distribution(rng, 4)
    probs = torch.cat([torch.zeros(1), probs.float(), torch.zeros(1)])
    draws = submission.sample(values, probs, 20_000, rng.integers(0, 1000))
    assert_shape(draws, (20_000,), what="draws")
    assert_dtype(draws, torch.int64, what="draws")
    frequencies = torch.stack([(draws == value).sum() for value in values]) / 20_000
    assert_close(frequencies, probs, rtol=0.0, atol=0.02, what="frequencies")
    assert_equal(float(frequencies[0] + frequencies[-1]), 0.0, what="frequency of the impossible values")


@pytest.mark.needs("seed_decides")
def test_counts_vary_from_seed_to_seed(submission, rng):
    """Independent draws of a fair coin do not share themselves out evenly: from seed to seed their number varies."""
    values, probs = torch.tensor([0.0, 1.0]), torch.tensor([0.5, 0.5])
    seeds = [seed + rng.integers(0, 1000) * 100 for seed in range(80)]
    heads = torch.stack([draws.sum() for draws in submission.run(draws_of_seeds, values, probs, 100, seeds)])
    # The standard deviation of the number of heads in 100 throws is 5.
    assert 2.5 < heads.std() < 7.5, f"the number of heads in 100 throws has a standard deviation of {heads.std():.2f}"


@pytest.mark.needs("frequencies")
def test_neighbours_are_independent(submission, rng):
    """A draw says nothing about the next one, nor about the one after that."""
    values, probs = torch.tensor([0.0, 1.0, 5.0]), torch.tensor([0.3, 0.3, 0.4])
    draws = submission.sample(values, probs, 20_000, rng.integers(0, 1000))
    assert_close(draws.mean(), 2.3, rtol=0.05, what="mean of the draws")
    for lag in (1, 2, 3):
        correlation = torch.corrcoef(torch.stack([draws[:-lag], draws[lag:]]))[0, 1].abs()
        assert correlation < 0.05, f"draws that are {lag} apart are correlated by {correlation:.2f}"


@pytest.mark.needs("seed_decides")
def test_global_randomness_stays(submission, rng):
    """torch's global random numbers go on as if nothing had been drawn."""
    values, probs, seed = torch.tensor([2.0, 3.0]), torch.tensor([0.5, 0.5]), rng.integers(0, 1000)
    draws, afterwards = submission.run(global_randomness, values, probs, seed)
    assert_equal(bool(((draws == 2) | (draws == 3)).all()), True, what="whether all draws are values")
    expected = torch.rand(6, generator=torch.Generator().manual_seed(seed))
    assert_close(afterwards, expected, what="numbers of the global generator afterwards")


@pytest.mark.needs("frequencies")
def test_no_draws(submission, rng):
    """Drawing nothing gives an empty tensor of the values' dtype."""
    draws = submission.sample(torch.tensor([1, 2]), torch.tensor([0.5, 0.5]), 0, 1)
    assert_shape(draws, (0,), what="draws")
    assert_dtype(draws, torch.int64, what="draws")


@pytest.mark.needs("several_observations", "variance", "frequencies")
def test_arguments_are_left_alone(submission, rng):
    """No function changes its arguments."""
    arguments = [
        distribution(rng, 3),
        distribution(rng, 3, 2),
        rng.normal(4, dtype=torch.float64),
        distribution(rng, 4),
    ]
    assert_close(submission.run(arguments_afterwards, *arguments), arguments, what="arguments afterwards")
