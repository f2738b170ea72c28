"""Hidden checks of ch03/weight_decay."""

import pytest
import torch
from d2l_kit.checks import assert_close, probe


@probe
def fit_transposed(module, X, y, lambd):
    return module.fit_ridge(X.t(), y, lambd)


def ridge(X, y, lambd):
    """Ridge regression by the singular values of the centred inputs."""
    U, S, Vh = torch.linalg.svd(X - X.mean(0), full_matrices=False)
    w = Vh.T @ (S / (S**2 + len(X) * lambd) * (U.T @ (y - y.mean())))
    return w, y.mean() - X.mean(0) @ w


def line(rng, n, d):
    X = rng.normal(n, d, dtype=torch.float64, mean=1.0, std=2.0)
    return X, X @ rng.normal(d, dtype=torch.float64) + 5.0 + rng.normal(n, dtype=torch.float64)


@pytest.mark.weight(2)
@pytest.mark.needs("two_points")
def test_no_penalty_is_least_squares(submission, rng):
    """With lambd = 0 the solution is that of least squares with an intercept, for small inputs as well."""
    for n, d, size in [(25, 4, 1.0), (9, 1, 1.0), (20, 3, 0.01)]:
        X, y = line(rng, n, d)
        X = size * X
        theta = torch.linalg.pinv(torch.cat([X, torch.ones_like(X[:, :1])], dim=1)) @ y
        assert_close(submission.fit_ridge(X, y, 0.0), (theta[:-1], theta[-1]), rtol=1e-6, what="(w, b)")


@pytest.mark.weight(3)
@pytest.mark.needs("two_points")
def test_any_penalty(submission, rng):
    """Small and large penalties, few and many rows, many inputs; float64 stays float64."""
    for n, d, lambd in [
        (40, 5, 1e-4),
        (200, 3, 2.0),
        (6, 30, 50.0),
        (20, 200, 3.0),
        (rng.integers(8, 30), rng.integers(2, 40), 0.3),
    ]:
        X, y = line(rng, n, d)
        found = submission.fit_ridge(X, y, lambd)
        assert_close(found, ridge(X, y, lambd), rtol=1e-9, dtype=True, what="(w, b)")


@pytest.mark.needs("minimises_the_objective")
def test_moving_the_targets_moves_the_intercept_only(submission, rng):
    """Adding a number to all targets adds it to b and leaves w alone, however large the penalty."""
    X, y = line(rng, 15, 3)
    w, b = submission.fit_ridge(X, y, 20.0)
    assert_close((w, b), ridge(X, y, 20.0), rtol=1e-6, what="(w, b)")
    assert_close(submission.fit_ridge(X, y + 700.0, 20.0), (w, b + 700.0), rtol=1e-5, what="(w, b) of moved targets")


@pytest.mark.needs("minimises_the_objective")
def test_transposed_inputs(submission, rng):
    """Inputs that do not lie row by row in memory, such as a transpose, are understood."""
    X, y = line(rng, 12, 3)
    found = submission.run(fit_transposed, X.t().contiguous(), y, 0.4)
    assert_close(found, ridge(X, y, 0.4), rtol=1e-6, what="(w, b)")


@pytest.mark.needs("penalty_worked_by_hand")
def test_penalty_of_any_weights(submission, rng):
    """The penalty of a matrix, of a single weight and of tiny weights; float64 stays float64."""
    for shape, std in [((3, 4), 2.0), ((1,), 5.0), ((2, 3, 2), 1e-3)]:
        w = rng.normal(*shape, dtype=torch.float64, std=std)
        assert_close(submission.l2_penalty(w), (w * w).sum() / 2, dtype=True, atol=0.0, what="penalty")
