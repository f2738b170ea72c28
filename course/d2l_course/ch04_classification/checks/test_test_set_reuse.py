"""Public checks of ch04/test_set_reuse."""

import itertools
import math

import pytest
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def runs(module, num_models, n, seeds):
    return [module.simulate_reuse(num_models, n, seed) for seed in seeds]


def mean(values):
    return sum(values) / len(values)


def best_of(k, n):
    """The expected accuracy of the best of k models that throw fair coins for n examples."""
    at_most = itertools.accumulate(math.comb(n, hits) / 2**n for hits in range(n))
    return sum(1 - share**k for share in at_most) / n


@pytest.mark.weight(2)
def test_radius_of_one_model(submission):
    """One model, delta = 0.05: the radius is sqrt(ln(40) / (2 n)), four times the examples halve it."""
    assert_close(submission.error_radius(100), math.sqrt(math.log(40) / 200), what="radius for 100 examples")
    assert_close(submission.error_radius(400), math.sqrt(math.log(40) / 800), what="radius for 400 examples")
    assert_close(submission.error_radius(100, 0.5), math.sqrt(math.log(4) / 200), what="radius for delta 0.5")


@pytest.mark.weight(2)
@pytest.mark.needs("radius_of_one_model")
def test_many_models_share_the_chance(submission):
    """With k models on one test set each may fail with a chance of delta / k only."""
    for k in (2, 1000):
        expected = math.sqrt(math.log(2 * k / 0.05) / 200)
        assert_close(submission.error_radius(100, 0.05, k), expected, what=f"radius for {k} models")


@pytest.mark.weight(2)
@pytest.mark.needs("radius_of_one_model")
def test_samples_for_one_percent(submission):
    """A radius of 0.3 takes 21 examples, one of 0.01 takes 18445, and 52984 for 1000 models."""
    assert_equal(submission.samples_needed(0.3), 21, what="number of examples for a radius of 0.3 (20.49 rounded up)")
    found = submission.samples_needed(0.01)
    assert_equal(found, 18445, what="number of examples for one model")
    assert_equal(type(found).__name__, "int", what="type of the number of examples")
    assert_equal(submission.samples_needed(0.01, 0.05, 1000), 52984, what="number of examples for 1000 models")


@pytest.mark.weight(3)
@pytest.mark.needs("radius_of_one_model")
def test_the_winner_looks_better_than_it_is(submission):
    """The best of 200 guessing models seems right in 61 to 66 % of 100 cases, and is right in half of fresh ones."""
    found = submission.run(runs, 200, 100, list(range(60)))
    reused, fresh = mean([best for best, _ in found]), mean([fresh for _, fresh in found])
    assert 0.61 < reused < 0.66, f"on the test set it was chosen by, the mean accuracy over 60 seeds is {reused:.3f}"
    assert 0.47 < fresh < 0.53, f"on fresh labels, the mean accuracy over 60 seeds is {fresh:.3f}"
    assert len({fresh for _, fresh in found}) > 1, "the accuracy on fresh labels is the same for all seeds"
    assert all(isinstance(value, float) for value in found[0]), "the accuracies are not both floats"


@pytest.mark.weight(2)
@pytest.mark.needs("the_winner_looks_better_than_it_is")
def test_all_models_take_part(submission):
    """The best of 20 and the best of 2 are as good as that of as many fair coins, no better and no worse."""
    for k, n, runs_made in [(20, 20, 600), (2, 50, 600)]:
        expected, with_half = best_of(k, n), best_of(k // 2, n)
        found = mean([best for best, _ in submission.run(runs, k, n, list(range(runs_made)))])
        off, cases = (expected - with_half) / 2, f"right in {expected:.1%} of {n} cases, in the mean over many seeds"
        assert found > expected - off, f"the best of {k} models, {cases}, is as bad as if there were fewer models"
        assert found < expected + off, f"the best of {k} models, {cases}, is as good as if there were more models"


@pytest.mark.weight(2)
@pytest.mark.needs("the_winner_looks_better_than_it_is")
def test_one_model_is_not_chosen(submission):
    """With a single model both test sets agree: it is right in about half of the cases on each."""
    found = submission.run(runs, 1, 100, list(range(400)))
    for part, what in enumerate(("the first", "the fresh")):
        found_mean = mean([pair[part] for pair in found])
        assert 0.485 < found_mean < 0.515, f"on {what} test set, the mean accuracy of one model is {found_mean:.3f}"


@pytest.mark.needs("many_models_share_the_chance", "samples_for_one_percent")
def test_refuses_bounds_without_sense(submission):
    """No examples, a radius of 0, a delta of 0 or 1, and no models are a ValueError that names the value."""
    assert_raises(ValueError, submission.error_radius, 0, mentions=("0",))
    assert_raises(ValueError, submission.samples_needed, 0.0, mentions=("0",))
    for function, first in [(submission.error_radius, 10), (submission.samples_needed, 0.1)]:
        for delta in (0.0, 1.0):
            assert_raises(ValueError, function, first, delta, mentions=(str(int(delta)),))
        assert_raises(ValueError, function, first, 0.05, 0, mentions=("0",))


@pytest.mark.needs("refuses_bounds_without_sense")
def test_refuses_nan(submission):
    """A radius of nan and a delta of nan are in no range: a ValueError that says nan."""
    assert_raises(ValueError, submission.samples_needed, math.nan, mentions=("nan",))
    for function, first in [(submission.error_radius, 10), (submission.samples_needed, 0.1)]:
        assert_raises(ValueError, function, first, math.nan, mentions=("nan",))


@pytest.mark.needs("one_model_is_not_chosen")
def test_refuses_empty_simulations(submission):
    """No models and no examples are a ValueError that names the value."""
    assert_raises(ValueError, submission.simulate_reuse, 0, 10, 1, mentions=("0",))
    assert_raises(ValueError, submission.simulate_reuse, 7, 0, 1, mentions=("0",))
