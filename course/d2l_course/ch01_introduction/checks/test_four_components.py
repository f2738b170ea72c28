"""Public checks of ch01/four_components."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def fitted(module, x, y, lr, steps):
    """w, b and the history, all as plain numbers."""
    w, b, history = module.fit(x, y, lr, steps)
    return float(w), float(b), torch.tensor([float(value) for value in history], dtype=torch.float64)


def test_model(submission):
    """The model is the line w x + b."""
    x = torch.tensor([1.0, -2.0, 0.5, 4.0])
    assert_close(submission.model(x, 3.0, -1.0), torch.tensor([2.0, -7.0, 0.5, 11.0]), what="predictions")


@pytest.mark.weight(2)
def test_objective(submission):
    """The objective is the mean of the squared errors."""
    y_hat, y = torch.tensor([1.0, 2.0, -1.0, 4.0]), torch.tensor([0.0, 5.0, -1.0, 2.0])
    assert_close(submission.objective(y_hat, y), 3.5, what="objective")  # (1 + 9 + 0 + 4) / 4


@pytest.mark.weight(3)
def test_gradient_matches_autograd(submission, rng):
    """The slopes derived on paper are those that autograd finds."""
    x, y = rng.normal(6), rng.normal(6)
    w, b = torch.tensor(1.5, requires_grad=True), torch.tensor(-0.5, requires_grad=True)
    expected = torch.autograd.grad(((w * x + b - y) ** 2).mean(), (w, b))
    found = submission.gradient(x, y, 1.5, -0.5)
    assert_close(found, expected, what="gradient (dw, db)")


@pytest.mark.weight(3)
def test_two_steps_by_hand(submission):
    """Two steps of gradient descent give the numbers worked out by hand."""
    x, y = torch.tensor([0.0, 2.0]), torch.tensor([1.0, 3.0])
    # At w = b = 0 the errors are -1 and -3: dw = -6, db = -4. At w = 0.6, b = 0.4 they are -0.6 and -1.4.
    w, b, history = submission.run(fitted, x, y, 0.1, 2)
    assert_close(history, torch.tensor([5.0, 1.16, 0.2848], dtype=torch.float64), what="history", rtol=1e-4)
    assert_close((w, b), (0.88, 0.6), what="line (w, b)", rtol=1e-4)


@pytest.mark.needs("two_steps_by_hand")
def test_steps_at_the_lowest_point(submission):
    """Every step is taken and noted, also when the first one has found the line and nothing changes any more."""
    x = torch.tensor([1.0, -1.0])
    _, _, history = submission.run(fitted, x, torch.zeros(2), 0.5, 4)
    assert_equal(len(history), 5, what="number of objectives in history, where the start is right")
    w, b, history = submission.run(fitted, x, torch.tensor([2.0, 0.0]), 0.5, 6)
    assert_equal(len(history), 7, what="number of objectives in history")
    assert_close(history, torch.tensor([2.0] + [0.0] * 6, dtype=torch.float64), what="history")
    assert_close((w, b), (1.0, 1.0), what="line (w, b)")


@pytest.mark.needs("two_steps_by_hand")
def test_a_rate_that_is_too_large(submission):
    """A rate is used as it is, also when it is so large that the objective rises."""
    # At w = b = 0 the errors are -1 and -3: dw = -6, db = -4. At w = 12, b = 8 they are 7 and 29.
    w, b, history = submission.run(fitted, torch.tensor([0.0, 2.0]), torch.tensor([1.0, 3.0]), 2.0, 1)
    assert_close(history, torch.tensor([5.0, 445.0], dtype=torch.float64), what="history", rtol=1e-4)
    assert_close((w, b), (12.0, 8.0), what="line (w, b)", rtol=1e-4)


@pytest.mark.weight(2)
@pytest.mark.needs("two_steps_by_hand")
def test_many_steps_find_the_line(submission, rng):
    """On points of a line, many steps find that line."""
    x = rng.normal(20)
    w, b, _ = submission.run(fitted, x, 1.75 * x - 4.0, 0.1, 300)
    assert_close((w, b), (1.75, -4.0), what="line (w, b)", rtol=0, atol=1e-2)


@pytest.mark.needs("objective")
def test_refuses_shapes_that_differ(submission, rng):
    """Predictions and targets of different shapes are a ValueError, even where torch would make them fit."""
    for shape in [(1, 1), (5, 1), (1,)]:
        assert_raises(ValueError, submission.objective, rng.normal(5), rng.normal(*shape))
