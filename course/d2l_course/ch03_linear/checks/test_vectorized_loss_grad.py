"""Public checks of ch03/vectorized_loss_grad."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_faster, assert_raises, assert_unchanged, probe


def torch_loss(X, y, w, b):
    """Half the mean squared error, as torch has it."""
    return torch.nn.functional.mse_loss(X @ w + b, y) / 2


def torch_gradient(X, y, w, b):
    """What autograd answers."""
    leaves = [w.clone().requires_grad_(), torch.as_tensor(b, dtype=X.dtype).clone().requires_grad_()]
    return torch.autograd.grad(torch_loss(X, y, *leaves), leaves)


@probe
def losses(module, X, y, many_w, b):
    return [module.squared_loss(X, y, w, b) for w in many_w]


@probe
def gradients(module, X, y, many_w, b):
    return [module.loss_gradient(X, y, w, b) for w in many_w]


@probe
def gradients_row_by_row(_module, X, y, many_w, b):
    """The yardstick: a Python loop over the rows."""
    found = []
    for w in many_w:
        dw, db = torch.zeros(X.shape[1]), torch.zeros(())
        for row, target in zip(X, y, strict=True):
            residual = row @ w + b - target
            dw += residual * row
            db += residual
        found.append((dw / len(X), db / len(X)))
    return found


def test_loss_of_three_rows(submission):
    """Residuals of 1, -2 and 4 give a loss of (1 + 4 + 16) / 3 / 2 = 3.5."""
    X, y = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]]), torch.tensor([3.0, 2.0, 1.0])
    assert_close(submission.squared_loss(X, y, torch.tensor([1.0, 1.0]), torch.tensor(1.0)), torch.tensor(3.5))


@pytest.mark.weight(2)
def test_gradient_of_three_rows(submission):
    """The gradient is the one worked out by hand."""
    X, y = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]]), torch.tensor([3.0, 2.0, 1.0])
    # Residuals 1, -2, 4: dw = (1 * [1, 2] - 2 * [0, -1] + 4 * [3, 1]) / 3, db = (1 - 2 + 4) / 3.
    expected = torch.tensor([13 / 3, 8 / 3]), torch.tensor(1.0)
    assert_close(submission.loss_gradient(X, y, torch.tensor([1.0, 1.0]), 1.0), expected, what="(dw, db)")


@pytest.mark.weight(3)
@pytest.mark.needs("loss_of_three_rows", "gradient_of_three_rows")
def test_matches_autograd(submission, rng):
    """On random rows the loss is torch's, and the gradient is autograd's."""
    for n, d in [(7, 3), (4, 4)]:
        X, y, w, b = rng.normal(n, d), rng.normal(n, mean=2.0), rng.normal(d), rng.normal()
        assert_close(submission.squared_loss(X, y, w, b), torch_loss(X, y, w, b), what="loss")
        assert_close(submission.loss_gradient(X, y, w, b), torch_gradient(X, y, w, b), what="(dw, db)")


@pytest.mark.needs("matches_autograd")
def test_arguments_are_left_alone(submission, rng):
    """Inputs, targets and weights are the same after the calls."""
    arguments = rng.normal(6, 2), rng.normal(6), rng.normal(2), rng.normal()
    assert_unchanged(submission, "squared_loss", *arguments)
    assert_unchanged(submission, "loss_gradient", *arguments)


@pytest.mark.weight(2)
@pytest.mark.needs("matches_autograd")
def test_thirty_times_faster_than_a_loop(submission, rng):
    """On 1500 rows, loss and gradient are each at least 30 times faster than a Python loop over the rows."""

    def rows(n):
        return rng.normal(1500, 20), rng.normal(1500), rng.normal(n, 20), 0.5

    for fast, oracle in [(losses, torch_loss), (gradients, torch_gradient)]:
        rounds = assert_faster(
            submission,
            fast,
            gradients_row_by_row,
            fast_args=lambda: rows(10),
            slow_args=rows(1),
            work=(10, 1),
            ratio=30,
        )
        for (X, y, many_w, b), answers in rounds:
            assert_close(answers, [oracle(X, y, w, b) for w in many_w], rtol=1e-3, atol=1e-4)


@pytest.mark.needs("matches_autograd")
def test_refuses_a_column_of_targets(submission, rng):
    """Targets of shape [n, 1], which would make an n x n matrix, or of others are a ValueError that names the shape."""
    X, w = rng.normal(7, 3), rng.normal(3)
    for shape in [(2, 7), (7, 1), (1,)]:
        y = rng.normal(*shape)
        assert_raises(ValueError, submission.squared_loss, X, y, w, 0.5, mentions=tuple(map(str, shape)))
        assert_raises(ValueError, submission.loss_gradient, X, y, w, 0.5, mentions=tuple(map(str, shape)))
