"""Public checks of ch03/kfold_select."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, assert_raises, probe


@probe
def selected(module, x, y, degrees, k, seed):
    """What select_degree says, and the folds it should have used."""
    return module.select_degree(x, y, degrees, k, seed), module.k_fold(len(x), k, seed)


def fitted_errors(x_train, y_train, x_val, y_val, degree):
    """The same errors by another way: the pseudo-inverse of the powers."""
    c = torch.linalg.pinv(torch.vander(x_train, degree + 1)) @ y_train
    parts = (x_train, y_train), (x_val, y_val)
    return tuple((torch.vander(x, degree + 1) @ c - y).square().mean() for x, y in parts)


def cubic(rng, n):
    """A cubic with some noise, on inputs between -1 and 1."""
    x = rng.uniform(n, low=-1.0, high=1.0, dtype=torch.float64)
    return x, 1 - 2 * x + x**2 / 2 + 4 * x**3 + rng.normal(n, dtype=torch.float64, std=0.2)


@pytest.mark.weight(2)
def test_folds_cover_everything_once(submission):
    """Every example is held out in exactly one fold and trained on in all others; no fold is much larger."""
    for n, k in [(10, 2), (11, 4)]:
        folds = submission.k_fold(n, k, 0)
        assert_equal(len(folds), k, what=f"number of folds of {n} examples for k = {k}")
        for training, validation in folds:
            assert_dtype(training, torch.int64, what="numbers of training examples")
            both = sorted(training.tolist() + validation.tolist())
            assert_equal(both, list(range(n)), what="training and validation examples of a fold together, sorted")
        held_out = sorted(i for _, validation in folds for i in validation.tolist())
        assert_equal(held_out, list(range(n)), what="validation examples of all folds together, sorted")
        sizes = sorted({len(validation) for _, validation in folds})
        assert sizes[-1] - sizes[0] <= 1, f"{n} examples were cut into folds of sizes from {sizes[0]} to {sizes[-1]}"


@pytest.mark.needs("folds_cover_everything_once")
def test_folds_are_random(submission):
    """Which examples a fold holds is drawn at random: the same for the same seed, another for another."""
    first, same, other = ([v.sort().values for _, v in submission.k_fold(40, 2, seed)] for seed in (1, 1, 2))
    assert_equal(same[0], first[0], what="first fold of the same seed")
    assert not torch.equal(other[0], first[0]), "another seed gives the same first fold"
    for fold in (first[0], other[0]):
        steps = fold.diff()
        assert (steps != steps[0]).any(), "a fold holds neighbours, or every other example: draw them at random"


@pytest.mark.needs("folds_cover_everything_once")
def test_refuses_impossible_folds(submission):
    """No folds, more folds than examples, and a single fold are ValueErrors that name k's value."""
    assert_raises(ValueError, submission.k_fold, 12, 0, 0, mentions=("0",))
    assert_raises(ValueError, submission.k_fold, 5, 9, 0, mentions=("9",))
    assert_raises(ValueError, submission.k_fold, 5, 6, 0, mentions=("6",))
    assert_raises(ValueError, submission.k_fold, 10, 1, 0, mentions=("1",))


@pytest.mark.weight(2)
def test_errors_worked_by_hand(submission):
    """A constant and a line, fitted to three points, miss a fourth."""
    x, y = torch.tensor([-1.0, 0.0, 1.0]).double(), torch.tensor([0.0, 3.0, 3.0]).double()
    x_val, y_val = torch.tensor([0.5, -0.5]).double(), torch.tensor([4.0, 1.0]).double()
    # The constant 2 misses by -2, 1, 1 and by 2, -1; the line 2 + 1.5 x by 0.5, -1, 0.5 and by -1.25, 0.25.
    assert_close(submission.poly_errors(x, y, x_val, y_val, 0), (2.0, 2.5), what="errors of degree 0")
    assert_close(submission.poly_errors(x, y, x_val, y_val, 1), (0.5, 0.8125), what="errors of degree 1")


@pytest.mark.weight(2)
@pytest.mark.needs("errors_worked_by_hand")
def test_errors_of_any_degree(submission, rng):
    """On random data the errors are those of the least-squares polynomial, up to degree 8."""
    x, y = cubic(rng, 30)
    for degree in (0, 1, 3, 8):
        expected = fitted_errors(x[:20], y[:20], x[20:], y[20:], degree)
        found = submission.poly_errors(x[:20], y[:20], x[20:], y[20:], degree)
        assert_close(found, expected, rtol=1e-6, what=f"errors of degree {degree}")


@pytest.mark.weight(3)
@pytest.mark.needs("errors_worked_by_hand", "folds_cover_everything_once")
def test_chooses_by_the_held_out_folds(submission, rng):
    """The cross-validation errors are the means over the folds of k_fold, and the smallest one chooses."""
    x, y = cubic(rng, 20)
    degrees = [12, 1, 3]
    (degree, errors), folds = submission.run(selected, x, y, degrees, 5, 0)
    expected = [torch.stack([fitted_errors(x[a], y[a], x[b], y[b], d)[1] for a, b in folds]).mean() for d in degrees]
    assert_close(errors, torch.stack(expected), rtol=1e-5, what="cross-validation errors")
    assert_equal(degree, 3, what="degree chosen for a cubic")


@pytest.mark.needs("chooses_by_the_held_out_folds")
def test_a_tie_goes_to_the_first(submission, rng):
    """All targets are 0, so that every degree makes no error at all: the first of the list is chosen."""
    x = rng.uniform(12, low=-1.0, high=1.0, dtype=torch.float64)
    for degrees in ([2, 0, 3], [1, 3, 0]):
        (degree, errors), _ = submission.run(selected, x, torch.zeros_like(x), degrees, 3, 0)
        assert_close(errors, torch.zeros(3, dtype=torch.float64), trivial=True, what="cross-validation errors")
        assert_equal(degree, degrees[0], what=f"degree chosen from {degrees} if all do equally well")
