"""Public checks of ch03/gaussian_nll."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_gradients, assert_raises, assert_unchanged


def torch_nll(y, mu, sigma):
    """What torch.distributions answers."""
    return -torch.distributions.Normal(mu, sigma).log_prob(y).mean()


def torch_line(X, y):
    """Least squares with a column of ones, and the root of the mean squared residual."""
    A = torch.cat([X, torch.ones_like(X[:, :1])], dim=1).double()
    theta = torch.linalg.pinv(A) @ y.double()
    residuals = y - A @ theta
    return theta[:-1].to(X.dtype), theta[-1].to(X.dtype), (residuals @ residuals / len(y)).sqrt().to(X.dtype)


def test_likelihood_worked_by_hand(submission):
    """Three residuals 0, 1 and 3 under sigma = 2 give log(2 pi) / 2 + log 2 + (10 / 3) / 8."""
    y, mu = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, 1.0, 1.0])
    expected = math.log(2 * math.pi) / 2 + math.log(2) + 10 / 24
    assert_close(submission.gaussian_nll(y, mu, 2.0), expected)


@pytest.mark.weight(2)
@pytest.mark.needs("likelihood_worked_by_hand")
def test_matches_torch_distributions(submission, rng):
    """For several deviations, below and above 1, the likelihood is that of torch's normal distribution."""
    for sigma in [0.3, 1.0, 5.0]:
        y, mu = rng.normal(9, mean=2.0, std=3.0), rng.normal(9)
        assert_close(submission.gaussian_nll(y, mu, sigma), torch_nll(y, mu, sigma), what=f"likelihood ({sigma=})")


@pytest.mark.weight(2)
@pytest.mark.needs("likelihood_worked_by_hand")
def test_far_away_is_finite(submission):
    """A residual of 100 sigma gives log(2 pi) / 2 + 5000, not infinity."""
    y, mu = torch.tensor([100.0, -100.0]), torch.tensor([0.0, 0.0])
    assert_close(submission.gaussian_nll(y, mu, 1.0), math.log(2 * math.pi) / 2 + 5000)


@pytest.mark.needs("matches_torch_distributions")
def test_gradient_is_that_of_the_squared_loss(submission, rng):
    """The gradient for mu is (mu - y) / (n sigma^2): a squared loss, scaled."""
    y, mu = rng.normal(6), rng.normal(6)
    assert_gradients(submission, "gaussian_nll", (y, mu, 0.5), torch_nll, wrt=(1,))


@pytest.mark.needs("likelihood_worked_by_hand")
def test_refuses_impossible_deviations(submission, rng):
    """A sigma of 0 or below is a ValueError that names its value."""
    y, mu = rng.normal(4), rng.normal(4)
    assert_raises(ValueError, submission.gaussian_nll, y, mu, -2.5, mentions=("-2.5",))
    assert_raises(ValueError, submission.gaussian_nll, y, mu, 0.0, mentions=("0",))


@pytest.mark.needs("likelihood_worked_by_hand")
def test_refuses_targets_that_do_not_match(submission, rng):
    """Targets and means of different shapes are a ValueError that names both shapes."""
    assert_raises(ValueError, submission.gaussian_nll, rng.normal(7), rng.normal(9), 1.0, mentions=("7", "9"))
    assert_raises(ValueError, submission.gaussian_nll, rng.normal(5), rng.normal(5, 1), 1.0, mentions=("5", "1"))


def test_line_through_four_points(submission):
    """Four points that miss the line 1 + 2 x by half a unit each."""
    X, y = torch.tensor([[0.0], [1.0], [2.0], [3.0]]), torch.tensor([1.5, 2.5, 4.5, 7.5])
    expected = torch.tensor([2.0]), torch.tensor(1.0), torch.tensor(0.5)
    assert_close(submission.fit_gaussian_line(X, y), expected, what="(w, b, sigma)", atol=1e-4)


@pytest.mark.weight(3)
@pytest.mark.needs("line_through_four_points")
def test_most_likely_line(submission, rng):
    """With several inputs, w and b are those of least squares, and sigma^2 is the mean squared residual."""
    for n, d in [(20, 3), (7, 2)]:
        X, w = rng.normal(n, d, dtype=torch.float64, mean=2.0), rng.normal(d, dtype=torch.float64)
        y = X @ w - 4.0 + rng.normal(n, dtype=torch.float64, std=0.8)
        assert_close(submission.fit_gaussian_line(X, y), torch_line(X, y), what="(w, b, sigma)")


@pytest.mark.needs("matches_torch_distributions", "line_through_four_points")
def test_arguments_are_left_alone(submission, rng):
    """All arguments are the same after the calls."""
    assert_unchanged(submission, "gaussian_nll", rng.normal(5), rng.normal(5), 2.0)
    assert_unchanged(submission, "fit_gaussian_line", rng.normal(9, 2), rng.normal(9))
