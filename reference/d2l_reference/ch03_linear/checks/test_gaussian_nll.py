"""Hidden checks of ch03/gaussian_nll."""

import pytest
import torch
from d2l_course.ch03_linear.checks.test_gaussian_nll import torch_nll
from d2l_kit.checks import assert_close, assert_raises, probe


@probe
def line_of_transposed(module, X, y):
    return module.fit_gaussian_line(X.t(), y)


@pytest.mark.weight(2)
@pytest.mark.needs("matches_torch_distributions")
def test_any_deviation(submission, rng):
    """Tiny and huge deviations, a single target, many targets; float64 stays float64."""
    for n, sigma in [(1, 1e-4), (5, 1e-3), (64, 250.0), (rng.integers(2, 30), 0.1 + rng.integers(1, 9))]:
        y = rng.normal(n, dtype=torch.float64, std=20.0)
        mu = y + sigma * rng.normal(n, dtype=torch.float64)
        assert_close(submission.gaussian_nll(y, mu, sigma), torch_nll(y, mu, sigma), dtype=True)


@pytest.mark.needs("far_away_is_finite")
def test_very_far_away_is_right(submission, rng):
    """Residuals of thousands of sigma, among others that are small, are counted in full."""
    mu = rng.normal(6, dtype=torch.float64)
    sizes = torch.tensor([0.0, 1.0, -1e3, 3e3, -1.0, 1e4], dtype=torch.float64)
    y = mu + sizes * rng.uniform(6, low=0.5, high=2.0, dtype=torch.float64)
    assert_close(submission.gaussian_nll(y, mu, 0.7), torch_nll(y, mu, 0.7))


@pytest.mark.needs("refuses_impossible_deviations")
def test_refuses_a_sigma_that_is_no_number(submission, rng):
    """A sigma that is NaN is not above 0: a ValueError that names it."""
    assert_raises(ValueError, submission.gaussian_nll, rng.normal(4), rng.normal(4), float("nan"), mentions=("nan",))


@pytest.mark.needs("matches_torch_distributions")
def test_refuses_targets_that_would_be_repeated(submission, rng):
    """Shapes that torch would silently stretch to each other are a ValueError as well."""
    assert_raises(ValueError, submission.gaussian_nll, rng.normal(5), rng.normal(1), 1.0)
    assert_raises(ValueError, submission.gaussian_nll, rng.normal(5), rng.normal(5, 1), 1.0)


@pytest.mark.weight(2)
@pytest.mark.needs("line_through_four_points")
def test_line_far_from_the_origin(submission, rng):
    """Inputs with large means and of different sizes; float64 stays float64."""
    scale = torch.tensor([1.0, 20.0, 0.05], dtype=torch.float64)
    X = rng.normal(15, 3, dtype=torch.float64) * scale + 40.0
    y = 300.0 - X @ (1 / scale) + rng.normal(15, dtype=torch.float64, std=3.0)
    A = torch.cat([X - X.mean(0), torch.ones_like(X[:, :1])], dim=1)
    theta = torch.linalg.pinv(A) @ y
    sigma = (y - A @ theta).square().mean().sqrt()
    expected = theta[:-1], theta[-1] - X.mean(0) @ theta[:-1], sigma
    assert_close(submission.fit_gaussian_line(X, y), expected, rtol=1e-5, dtype=True, what="(w, b, sigma)")


@pytest.mark.needs("most_likely_line")
def test_transposed_inputs(submission, rng):
    """Inputs that do not lie row by row in memory, such as a transpose, are understood."""
    X, y = rng.normal(2, 9, dtype=torch.float64), rng.normal(9, dtype=torch.float64)
    A = torch.cat([X, torch.ones_like(X[:1])]).t()
    theta = torch.linalg.pinv(A) @ y
    expected = theta[:-1], theta[-1], (y - A @ theta).square().mean().sqrt()
    assert_close(submission.run(line_of_transposed, X, y), expected, what="(w, b, sigma)")
