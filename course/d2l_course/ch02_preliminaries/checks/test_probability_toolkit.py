"""Public checks of ch02/probability_toolkit."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape, probe

# A disease that 0.15 % have; the test finds all who are ill, and is wrong for 1 % of the others.
DISEASE = torch.tensor([0.0015, 0.9985])
TEST = torch.tensor([[1.0, 0.0], [0.01, 0.99]])


@probe
def draws_of_seeds(module, values, probs, n, seeds):
    return [module.sample(values, probs, n, seed) for seed in seeds]


def test_one_observation(submission):
    """Whoever tests positive for a rare disease has it with a probability of 13 %."""
    # 0.0015 * 1 against 0.9985 * 0.01.
    ill = 0.0015 / (0.0015 + 0.009985)
    expected = torch.tensor([ill, 1 - ill])
    assert_close(submission.posterior(DISEASE, TEST, [0]), expected, what="posterior")


@pytest.mark.weight(2)
@pytest.mark.needs("one_observation")
def test_several_observations(submission):
    """Several observations count together, and without any the posterior is the prior."""
    prior = torch.tensor([0.5, 0.3, 0.2])
    likelihood = torch.tensor([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.6, 0.3, 0.1]])
    products = prior * likelihood[:, 2] * likelihood[:, 0] * likelihood[:, 2]
    assert_close(submission.posterior(prior, likelihood, [2, 0, 2]), products / products.sum(), what="posterior")
    assert_close(submission.posterior(prior, likelihood, []), prior, what="posterior without observations")


@pytest.mark.needs("several_observations")
def test_impossible_under_one_hypothesis(submission):
    """Whoever tests negative is certainly not ill, since the test finds all who are; float64 stays float64."""
    found = submission.posterior(DISEASE.double(), TEST.double(), [1])
    assert_close(found, torch.tensor([0.0, 1.0], dtype=torch.float64), dtype=True, what="posterior")


@pytest.mark.weight(2)
@pytest.mark.needs("several_observations")
def test_many_observations(submission):
    """6000 throws of a coin that may be loaded a little: the posterior is still right."""
    prior, likelihood = torch.tensor([0.5, 0.5]), torch.tensor([[0.5, 0.5], [0.51, 0.49]])
    heads, tails = 3030, 2970
    ratio = heads * torch.tensor(0.5 / 0.51).double().log() + tails * torch.tensor(0.5 / 0.49).double().log()
    fair = ratio.sigmoid().item()
    found = submission.posterior(prior, likelihood, [0] * heads + [1] * tails)
    assert_close(found, torch.tensor([fair, 1 - fair]), rtol=2e-2, atol=1e-4, what="posterior")


def test_expectation(submission):
    """Each value counts by its probability."""
    values, probs = torch.tensor([1.0, 2.0, 10.0]), torch.tensor([0.5, 0.3, 0.2])
    assert_close(submission.expectation(values, probs), 3.1, what="expectation")


def test_variance(submission):
    """The mean squared distance to the expectation."""
    values, probs = torch.tensor([1.0, 2.0, 10.0]), torch.tensor([0.5, 0.3, 0.2])
    # 0.5 * 2.1^2 + 0.3 * 1.1^2 + 0.2 * 6.9^2
    assert_close(submission.variance(values, probs), 12.09, what="variance")


@pytest.mark.weight(2)
def test_frequencies(submission):
    """20,000 draws: each value about as often as its probability says, one of probability 0 never."""
    values, probs = torch.tensor([-1.0, 4.0, 0.5, 9.0]), torch.tensor([0.1, 0.6, 0.0, 0.3])
    draws = submission.sample(values, probs, 20_000, 1)
    counts = torch.stack([(draws == value).sum() for value in values])
    assert_equal(int(counts.sum()), 20_000, what="number of draws that are one of the values")
    assert_close(counts / 20_000, probs, rtol=0.0, atol=0.02, what="frequencies")
    assert_equal(int(counts[2]), 0, what="number of draws of the value with probability 0")


@pytest.mark.needs("frequencies")
def test_certain_value(submission):
    """A value of probability 1 is drawn each time, whole numbers stay whole, and no draws are none."""
    values, probs = torch.tensor([7, 5]), torch.tensor([1.0, 0.0])
    assert_equal(submission.sample(values, probs, 5000, 2), torch.full((5000,), 7), what="draws")
    assert_shape(submission.sample(values, probs, 0, 2), (0,), what="draws for n = 0")


@pytest.mark.needs("frequencies")
def test_seed_decides(submission):
    """The same seed gives the same draws, another seed others."""
    values, probs = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.2, 0.3, 0.5])
    first, same, other = submission.run(draws_of_seeds, values, probs, 50, [7, 7, 8])
    assert_close(same, first, what="draws of the same seed")
    assert not torch.equal(first, other), "another seed gives the same draws"


@pytest.mark.needs("one_observation")
def test_refuses_negative_probabilities(submission):
    """A prior with a negative number is a ValueError, even if it adds up to 1."""
    assert_raises(ValueError, submission.posterior, torch.tensor([1.5, -0.5]), TEST, [0])


@pytest.mark.needs("one_observation")
def test_refuses_a_wrong_sum(submission):
    """A prior that adds up to 1.1 or to 0.9 is a ValueError."""
    assert_raises(ValueError, submission.posterior, torch.tensor([0.5, 0.6]), TEST, [0])
    assert_raises(ValueError, submission.posterior, torch.tensor([0.5, 0.4]), TEST, [0])


@pytest.mark.needs("refuses_a_wrong_sum", "several_observations")
def test_sum_may_miss_by_rounding(submission):
    """A prior that adds up to 1.005 is a ValueError; one that misses 1 by 4e-6, as rounding does, is fine."""
    assert_raises(ValueError, submission.posterior, torch.tensor([0.5, 0.505]), TEST, [0])
    found = submission.posterior(torch.tensor([0.25, 0.75 + 4e-6]), torch.tensor([[0.6, 0.4], [0.3, 0.7]]), [0])
    assert_close(found, torch.tensor([0.4, 0.6]), what="posterior")


@pytest.mark.needs("several_observations")
def test_refuses_what_cannot_be(submission):
    """What no hypothesis allows is a ValueError, and also what only one with a prior of 0 allows."""
    # One coin has heads on both sides, the other tails; and heads and tails were seen.
    assert_raises(ValueError, submission.posterior, torch.tensor([0.5, 0.5]), torch.eye(2), [0, 1])
    assert_raises(ValueError, submission.posterior, torch.tensor([1.0, 0.0]), TEST, [1])


@pytest.mark.needs("many_observations")
def test_evidence_that_turns(submission, rng):
    """A hypothesis that is all but ruled out at first comes back when later observations speak for it."""
    n, p = rng.integers(1500, 2500), rng.uniform(low=0.2, high=0.4, dtype=torch.float64).item()
    prior = torch.tensor([p, 1 - p], dtype=torch.float64)
    likelihood = torch.tensor([[0.75, 0.25], [0.25, 0.75]], dtype=torch.float64)
    # As much for the one as for the other: nothing has been learnt in the end.
    for seen in ([0] * n + [1] * n, [1] * n + [0] * n):
        assert_close(submission.posterior(prior, likelihood, seen), prior, rtol=1e-3, what="posterior")


@pytest.mark.needs("refuses_negative_probabilities", "several_observations")
def test_refuses_negative_probabilities_always(submission, rng):
    """A negative prior is refused without observations too, and where the hypothesis is impossible anyway."""
    share = rng.uniform(low=0.1, high=0.4).item()
    prior = torch.tensor([-share, 1 + share])
    assert_raises(ValueError, submission.posterior, prior, torch.tensor([[0.5, 0.5], [0.3, 0.7]]), [])
    assert_raises(ValueError, submission.posterior, prior, torch.tensor([[0.0, 1.0], [0.3, 0.7]]), [0])


@pytest.mark.needs("frequencies")
def test_rare_values(submission, rng):
    """Values of a probability of 0.004 are drawn as often as that, at either end."""
    values, probs = torch.tensor([1, 2, 3]), torch.tensor([0.004, 0.992, 0.004])
    draws = submission.sample(values, probs, 50_000, rng.integers(0, 1000))
    for value in (1, 3):
        count = int((draws == value).sum())
        # 200 are expected, with a standard deviation of 14.
        assert 120 <= count <= 280, f"a value of probability 0.004 is drawn {count} times in 50,000 draws"


@pytest.mark.needs("variance")
def test_variance_of_large_values(submission, rng):
    """Large values that lie close together keep their variance, whatever value of probability 0 comes first."""
    for dtype, low, high in [(torch.float32, 20_000, 40_000), (torch.float64, 1_000_000_000, 2_000_000_000)]:
        start = float(rng.integers(low, high))
        for values, probs in [([start, start + 1], [0.5, 0.5]), ([0.0, start, start + 1], [0.0, 0.5, 0.5])]:
            found = submission.variance(torch.tensor(values, dtype=dtype), torch.tensor(probs, dtype=dtype))
            assert_close(found, torch.tensor(0.25, dtype=dtype), what="variance")
