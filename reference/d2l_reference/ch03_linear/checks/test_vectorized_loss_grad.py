"""Hidden checks of ch03/vectorized_loss_grad."""

import pytest
import torch
from d2l_course.ch03_linear.checks.test_vectorized_loss_grad import torch_loss
from d2l_kit.checks import assert_close, assert_raises, probe


def torch_gradient(X, y, w, b):
    leaves = [w.clone().requires_grad_(), b.clone().requires_grad_()]
    return torch.autograd.grad(torch_loss(X, y, *leaves), leaves)


@probe
def of_transposed(module, X, y, w, b):
    return module.squared_loss(X.t(), y, w, b), module.loss_gradient(X.t(), y, w, b)


@pytest.mark.weight(3)
@pytest.mark.needs("matches_autograd")
def test_any_shape(submission, rng):
    """One row, one input, more inputs than rows, large values; float64 stays float64."""
    for n, d in [(1, 1), (1, 5), (6, 1), (50, 12), (rng.integers(2, 9), rng.integers(9, 20))]:
        X, y = rng.normal(n, d, dtype=torch.float64, mean=3.0, std=30.0), rng.normal(n, dtype=torch.float64)
        w, b = rng.normal(d, dtype=torch.float64), rng.normal(dtype=torch.float64, std=50.0)
        assert_close(submission.squared_loss(X, y, w, b), torch_loss(X, y, w, b), dtype=True, what="loss")
        assert_close(submission.loss_gradient(X, y, w, b), torch_gradient(X, y, w, b), dtype=True, what="(dw, db)")


@pytest.mark.needs("matches_autograd")
def test_transposed_inputs(submission, rng):
    """Inputs that do not lie row by row in memory, such as a transpose, are understood."""
    X, y, w, b = rng.normal(3, 8), rng.normal(8), rng.normal(3), rng.normal()
    expected = torch_loss(X.t(), y, w, b), torch_gradient(X.t(), y, w, b)
    assert_close(submission.run(of_transposed, X, y, w, b), expected, what="(loss, (dw, db))")


@pytest.mark.needs("matches_autograd")
def test_refuses_targets_of_another_length(submission, rng):
    """A single target for many rows, which would be repeated, and too many targets are ValueErrors as well."""
    X, w = rng.normal(6, 4), rng.normal(4)
    for y in [rng.normal(1), rng.normal(9), rng.normal(2, 3)]:
        assert_raises(ValueError, submission.squared_loss, X, y, w, 0.5)
        assert_raises(ValueError, submission.loss_gradient, X, y, w, 0.5)


@pytest.mark.needs("matches_autograd")
def test_refuses_a_column_for_a_single_row(submission, rng):
    """With a single row, a y of shape [1, 1] and one without axes are ValueErrors, too: y has shape [1]."""
    X, w = rng.normal(1, 4), rng.normal(4)
    for y in [rng.normal(1, 1), rng.normal()]:
        assert_raises(ValueError, submission.squared_loss, X, y, w, 0.5)
        assert_raises(ValueError, submission.loss_gradient, X, y, w, 0.5)
