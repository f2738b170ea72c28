"""Hidden checks of ch04/test_set_reuse."""

import math

import pytest
from d2l_course.ch04_classification.checks.test_test_set_reuse import best_of, runs
from d2l_kit.checks import assert_close, assert_equal, assert_raises


@pytest.mark.weight(2)
@pytest.mark.needs("many_models_share_the_chance")
def test_radius_formula(submission, rng):
    """The radius for one example, for many, for small and large delta and any number of models; a float."""
    for n in (1, rng.integers(2, 50), 10**6):
        for k in (1, rng.integers(2, 99), 10**5):
            delta = 10 ** -(0.1 + 5 * rng.uniform().item())
            found = submission.error_radius(n, delta, k)
            assert_close(found, math.sqrt(math.log(2 * k / delta) / (2 * n)), what="radius")
            assert isinstance(found, float), f"the radius is no float, but of type {type(found).__name__}"


@pytest.mark.weight(2)
@pytest.mark.needs("samples_for_one_percent")
def test_smallest_number(submission, rng):
    """The number of examples is enough, and one less is not; it is an int, and at least 1."""
    for _ in range(6):
        eps, k = 0.003 + 0.2 * rng.uniform().item(), rng.integers(1, 500)
        delta = 0.01 + 0.9 * rng.uniform().item()
        found = submission.samples_needed(eps, delta, k)
        assert_equal(found, math.ceil(math.log(2 * k / delta) / (2 * eps**2)), what="number of examples")
        assert_equal(type(found).__name__, "int", what="type of the number of examples")
    assert_equal(submission.samples_needed(5.0), 1, what="number of examples for a radius of 5")


@pytest.mark.weight(2)
@pytest.mark.needs("the_winner_looks_better_than_it_is")
def test_the_bound_holds(submission, rng):
    """The winner's two accuracies are shares of n, and the bound for as many models holds for the first."""
    for k, n in [(50, 40), (rng.integers(100, 300), 80)]:
        start = rng.integers(0, 10_000)
        found = submission.run(runs, k, n, list(range(start, start + 40)))
        radius = math.sqrt(math.log(2 * k / 0.05) / (2 * n))
        inside = sum(abs(best - 0.5) <= radius for best, _ in found) / len(found)
        assert inside > 0.9, f"the winner's accuracy is within the radius in {inside:.0%} of the runs only"
        for pair in found:
            shares = [share * n for share in pair]
            assert_close(shares, [float(round(s)) for s in shares], atol=1e-4, what="right answers of (both sets)")
        gaps = [best - fresh for best, fresh in found]
        assert sum(gaps) / len(gaps) > 0.08, "the winner is hardly better on the test set it was chosen by"
        spread = {round(fresh * n) for _, fresh in found}
        assert len(spread) > 5, "the accuracies on fresh labels hardly differ between seeds"
    best, fresh = submission.simulate_reuse(40, 1, rng.integers(0, 10_000))
    assert_close(best, 1.0, what="best accuracy of 40 models on a single example")
    assert fresh in (0.0, 1.0), f"the accuracy on a single fresh example is {fresh}"


@pytest.mark.needs("the_winner_looks_better_than_it_is")
def test_more_models_look_better(submission, rng):
    """More models make the winner look better, more examples less so."""
    seeds = list(range(start := rng.integers(0, 10_000), start + 30))

    def gap(k, n):
        return sum(best - fresh for best, fresh in submission.run(runs, k, n, seeds)) / len(seeds)

    found = [best for best, _ in submission.run(runs, 500, 50, list(range(start, start + 60)))]
    best, with_a_hundred = best_of(500, 50), best_of(100, 50)
    assert sum(found) / len(found) > (best + with_a_hundred) / 2, "the best of 500 is hardly better than one of 100"
    few, many, large = gap(5, 50), gap(500, 50), gap(500, 2000)
    assert few + 0.03 < many, f"the gap for 5 models is {few:.3f}, for 500 models {many:.3f}"
    assert large < 0.07 < many, f"the gap for 50 examples is {many:.3f}, for 2000 examples {large:.3f}"


@pytest.mark.needs("the_winner_looks_better_than_it_is")
def test_reproducible(submission, rng):
    """The same seed gives the same answer, other seeds others; both are Python floats."""
    seed = rng.integers(0, 10_000)
    first, same, *others = submission.run(runs, 20, 500, [seed, seed, *range(seed + 1, seed + 9)])
    assert_close(list(same), list(first), rtol=0, atol=0, what="accuracies of the same seed again")
    assert len({best for best, _ in others}) > 1, "the winner's accuracy is the same for all seeds"
    assert len({fresh for _, fresh in others}) > 1, "the accuracy on fresh labels is the same for all seeds"
    assert all(isinstance(value, float) for value in first), "the accuracies are not both floats"


@pytest.mark.needs("refuses_empty_simulations", "refuses_bounds_without_sense")
def test_refuses_negative_numbers(submission):
    """Negative numbers of models and examples, a negative radius, and a delta beyond 0 and 1 are ValueErrors."""
    assert_raises(ValueError, submission.simulate_reuse, -4, 10, 1, mentions=("-4",))
    assert_raises(ValueError, submission.simulate_reuse, 10, -3, 1, mentions=("-3",))
    assert_raises(ValueError, submission.error_radius, -7, mentions=("-7",))
    assert_raises(ValueError, submission.samples_needed, -0.25, mentions=("-0.25",))
    assert_raises(ValueError, submission.error_radius, 10, 1.5, mentions=("1.5",))
    assert_raises(ValueError, submission.samples_needed, 0.1, -0.5, mentions=("-0.5",))
