"""Hidden checks of ch01/four_components."""

import pytest
import torch
from d2l_course.ch01_introduction.checks.test_four_components import fitted
from d2l_kit.checks import assert_close, assert_raises, assert_unchanged, probe


@probe
def fitted_and_arguments(module, x, y, lr, steps):
    w, b, _ = module.fit(x, y, lr, steps)
    return float(w), float(b), x, y


def oracle(x, y, lr, steps):
    """Gradient descent by autograd: the line, and the loss before the first and after every step."""
    w, b = torch.zeros(2, dtype=torch.float64, requires_grad=True).unbind()
    history = []
    for step in range(steps + 1):
        w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
        loss = ((w * x + b - y) ** 2).mean()
        history.append(loss.item())
        if step < steps:
            dw, db = torch.autograd.grad(loss, (w, b))
            w, b = w - lr * dw, b - lr * db
    return w.item(), b.item(), torch.tensor(history, dtype=torch.float64)


def test_parts_of_any_size(submission, rng):
    """Model and objective for any number of points, parameters given as tensors."""
    for n in (1, 7, 50):
        x, y = rng.normal(n, dtype=torch.float64), rng.normal(n, dtype=torch.float64, std=3.0)
        w, b = rng.normal(dtype=torch.float64), rng.normal(dtype=torch.float64)
        assert_close(submission.model(x, w, b), w * x + b, what="predictions")
        assert_close(submission.objective(x, y), ((x - y) ** 2).mean(), what="objective")


@pytest.mark.weight(3)
def test_gradient_of_any_size(submission, rng):
    """The slopes for any number of points, parameters given as tensors."""
    for n in (1, 7, 50):
        x, y = rng.normal(n, dtype=torch.float64, mean=2.0), rng.normal(n, dtype=torch.float64, std=3.0)
        w, b = rng.normal(dtype=torch.float64), rng.normal(dtype=torch.float64)
        p, q = w.clone().requires_grad_(), b.clone().requires_grad_()
        expected = torch.autograd.grad(((p * x + q - y) ** 2).mean(), (p, q))
        assert_close(submission.gradient(x, y, w, b), expected, what="gradient (dw, db)", rtol=1e-5)


@pytest.mark.weight(3)
@pytest.mark.needs("two_steps_by_hand")
def test_steps_of_any_fit(submission, rng):
    """Every step, on any points, with any rate."""
    for n in (3, rng.integers(8, 40)):
        x, y = rng.normal(n, dtype=torch.float64, mean=0.5), rng.normal(n, dtype=torch.float64, mean=2.0)
        lr = 0.02 + 0.01 * rng.integers(0, 9)
        w, b, history = oracle(x, y, lr, 5)
        found_w, found_b, found = submission.run(fitted, x, y, lr, 5)
        assert_close(found, history, what="history", rtol=1e-5)
        assert_close((found_w, found_b), (w, b), what="line (w, b)", trivial=True)


@pytest.mark.weight(2)
@pytest.mark.needs("many_steps_find_the_line")
def test_ends_at_the_least_squares_line(submission, rng):
    """On scattered points the objective never rises, and the line ends where least squares puts it."""
    x = rng.uniform(30, low=-1.0, high=2.0, dtype=torch.float64)
    y = -1.2 * x + 3.0 + rng.normal(30, dtype=torch.float64, std=0.4)
    w, b, history = submission.run(fitted, x, y, 0.2, 400)
    best = torch.linalg.lstsq(torch.stack([x, torch.ones_like(x)], dim=1), y[:, None]).solution[:, 0]
    assert_close((w, b), (best[0].item(), best[1].item()), what="line (w, b)", rtol=0, atol=1e-3)
    rises = (history[1:] > history[:-1] + 1e-6).sum().item()
    assert rises == 0, f"the objective should never rise at a small rate; it does so in {rises} steps"


@pytest.mark.needs("two_steps_by_hand")
def test_no_steps(submission, rng):
    """Without a step the line stays at 0, and history holds the one objective that there is."""
    x, y = rng.normal(9), rng.normal(9, mean=3.0)
    w, b, history = submission.run(fitted, x, y, 0.1, 0)
    assert_close(history, (y.double() ** 2).mean()[None], what="history", rtol=1e-4)
    assert_close((w, b), (0.0, 0.0), what="line (w, b)", trivial=True)


@pytest.mark.needs("model")
def test_arguments_are_left_alone(submission, rng):
    """Points and targets are the same after fitting, and predictions have memory of their own."""
    x, y = rng.normal(9), rng.normal(9, mean=3.0)
    assert_unchanged(submission, "model", x, 2.0, 1.0)
    w, b, x_after, y_after = submission.run(fitted_and_arguments, x, y, 0.1, 3)
    assert_close((w, b), oracle(x.double(), y.double(), 0.1, 3)[:2], what="line (w, b)", trivial=True)
    assert torch.equal(x_after, x), "fit changed x"
    assert torch.equal(y_after, y), "fit changed y"


@pytest.mark.needs("objective")
def test_refuses_other_shapes_that_differ(submission, rng):
    """A single target for many predictions, or a column for a row, is a ValueError as well."""
    assert_raises(ValueError, submission.objective, rng.normal(6), rng.normal(1))
    assert_raises(ValueError, submission.objective, rng.normal(6, 1), rng.normal(6))
    assert_raises(ValueError, submission.objective, rng.normal(2, 3), rng.normal(3, 2))
