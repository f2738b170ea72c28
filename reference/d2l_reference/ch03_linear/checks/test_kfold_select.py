"""Hidden checks of ch03/kfold_select."""

import pytest
import torch
from d2l_course.ch03_linear.checks.test_kfold_select import fitted_errors, selected
from d2l_kit.checks import assert_close, assert_equal, assert_raises


def noisy(rng, n, coefficients, std):
    x = rng.uniform(n, low=-1.0, high=1.0, dtype=torch.float64)
    y = sum(c * x**power for power, c in enumerate(coefficients)) + rng.normal(n, dtype=torch.float64, std=std)
    return x, y


@pytest.mark.weight(2)
@pytest.mark.needs("folds_cover_everything_once")
def test_any_number_of_folds(submission, rng):
    """As many folds as examples, and numbers that leave a remainder."""
    for n, k in [(7, 7), (23, 5), (2, 2), (rng.integers(30, 60), rng.integers(6, 20))]:
        folds = submission.k_fold(n, k, rng.integers(0, 99))
        assert_equal(len(folds), k, what="number of folds")
        for training, validation in folds:
            both = sorted(training.tolist() + validation.tolist())
            assert_equal(both, list(range(n)), what="training and validation examples of a fold together, sorted")
        held_out = sorted(i for _, validation in folds for i in validation.tolist())
        assert_equal(held_out, list(range(n)), what="validation examples of all folds together, sorted")
        sizes = sorted({len(validation) for _, validation in folds})
        assert sizes[-1] - sizes[0] <= 1, "the sizes of the folds differ by more than 1"


@pytest.mark.needs("folds_cover_everything_once")
def test_refuses_no_folds_at_all(submission):
    """No folds, and a negative number of them, are ValueErrors; so is one fold too many."""
    assert_raises(ValueError, submission.k_fold, 10, 0, 0)
    assert_raises(ValueError, submission.k_fold, 10, -2, 0)
    assert_raises(ValueError, submission.k_fold, 6, 7, 0, mentions=("7",))


@pytest.mark.weight(2)
@pytest.mark.needs("errors_worked_by_hand")
def test_errors_of_high_degrees(submission, rng):
    """Degree 12, and a polynomial through every training example; other numbers of validation examples."""
    x, y = noisy(rng, 30, [2.0, -1.0, 3.0], 0.5)
    cases = [(slice(0, 22), slice(22, 29), 12), (slice(0, 4), slice(4, 30), 3), (slice(9, 30), slice(0, 1), 2)]
    for train, val, degree in cases:
        expected = fitted_errors(x[train], y[train], x[val], y[val], degree)
        found = submission.poly_errors(x[train], y[train], x[val], y[val], degree)
        assert_close(found, expected, rtol=1e-4, atol=1e-12, trivial=True, what=f"errors of degree {degree}")


@pytest.mark.weight(3)
@pytest.mark.needs("chooses_by_the_held_out_folds")
def test_chooses_on_any_data(submission, rng):
    """For other data, degrees, folds and seeds the errors and the choice are right."""
    for coefficients, k in [([1.0, 3.0], 4), ([0.0, -1.0, 5.0, 0.0, -4.0], 7), ([2.0, 1.0, -3.0, 4.0], 18)]:
        x, y = noisy(rng, 18, coefficients, 0.3)
        degrees, seed = [4, 0, 1, 7, 2], rng.integers(0, 1000)
        (degree, errors), folds = submission.run(selected, x, y, degrees, k, seed)
        expected = torch.stack(
            [torch.stack([fitted_errors(x[a], y[a], x[b], y[b], d)[1] for a, b in folds]).mean() for d in degrees]
        )
        assert_close(errors, expected, rtol=1e-5, what="cross-validation errors")
        assert_equal(degree, degrees[int(expected.argmin())], what="degree chosen")
