"""Public checks of ch03/weight_decay."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_gradients, assert_raises, assert_unchanged, probe


@probe
def gradient_of_penalty(module, w):
    w = w.clone().requires_grad_()
    module.l2_penalty(w).backward()
    return w.grad


def objective_gradient(X, y, w, b, lambd):
    """The gradient of the objective that fit_ridge minimises, by autograd; 0 at the minimum."""
    w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    objective = ((X @ w + b - y) ** 2).mean() / 2 + lambd * (w**2).sum() / 2
    return torch.autograd.grad(objective, [w, b])


def autograd_step(w, b, grad_w, grad_b, lr, lambd):
    """The same step, the penalty differentiated by autograd."""
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    # A loss with the gradients given, and the penalty.
    objective = (grad_w * w).sum() + (grad_b * b).sum() + lambd * (w * w).sum() / 2
    dw, db = torch.autograd.grad(objective, [w, b])
    return (w - lr * dw).detach(), (b - lr * db).detach()


def test_penalty_worked_by_hand(submission):
    """The penalty of 3, -4 and 1 is (9 + 16 + 1) / 2 = 13, also as a column."""
    w = torch.tensor([3.0, -4.0, 1.0])
    assert_close(submission.l2_penalty(w), torch.tensor(13.0), what="penalty")
    assert_close(submission.l2_penalty(w[:, None]), torch.tensor(13.0), what="penalty of a column")


@pytest.mark.needs("penalty_worked_by_hand")
def test_gradient_of_the_penalty(submission, rng):
    """The gradient of the penalty is the weights themselves."""
    assert_gradients(submission, "l2_penalty", (rng.normal(4, 2),), lambda w: (w * w).sum() / 2)


@pytest.mark.needs("gradient_of_the_penalty")
def test_gradient_for_weights_of_zero(submission):
    """Where all weights are 0, so is the gradient of the penalty."""
    found = submission.run(gradient_of_penalty, torch.zeros(3))
    assert_close(found, torch.zeros(3), trivial=True, what="gradient of the penalty at 0")


@pytest.mark.weight(2)
def test_two_points(submission):
    """For the points (-1, 1) and (1, 5), each of them twice, and lambd = 3 the weight is 2 / (1 + 3), and b is 3."""
    X, y = torch.tensor([[-1.0], [1.0], [-1.0], [1.0]]), torch.tensor([1.0, 5.0, 1.0, 5.0])
    # Half the mean squared error is ((2 - w)^2 + (b - 3)^2) / 2, the penalty 3 w^2 / 2.
    assert_close(submission.fit_ridge(X, y, 3.0), (torch.tensor([0.5]), torch.tensor(3.0)), what="(w, b)")


@pytest.mark.weight(3)
@pytest.mark.needs("two_points")
def test_minimises_the_objective(submission, rng):
    """On random data the gradient of the objective is 0 at the solution; there is one for more inputs than rows."""
    for n, d, lambd in [(30, 3, 0.7), (12, 20, 0.1)]:
        X, y = rng.normal(n, d, dtype=torch.float64, mean=1.0), rng.normal(n, dtype=torch.float64, mean=5.0)
        w, b = solution = submission.fit_ridge(X, y, lambd)
        centred = X - X.mean(dim=0)
        weights = torch.linalg.solve(centred.T @ centred / n + lambd * torch.eye(d), centred.T @ y / n)
        assert_close(solution, (weights, y.mean() - X.mean(dim=0) @ weights), rtol=1e-6, atol=1e-8, what="(w, b)")
        for gradient in objective_gradient(X, y, w, b, lambd):
            assert gradient.abs().max() < 1e-8, "at the solution the gradient of the objective should be 0"


@pytest.mark.weight(2)
def test_step_worked_by_hand(submission):
    """w = 10 with a gradient of 2 steps by -0.1 * (2 + 0.5 * 10), b = 10 by -0.1 * 2."""
    w, b, gradient = torch.tensor([10.0, 0.0]), torch.tensor([10.0]), torch.tensor([2.0])
    found = submission.sgd_step_with_decay(w, b, gradient.repeat(2), gradient, 0.1, 0.5)
    assert_close(found, (torch.tensor([9.3, -0.2]), torch.tensor([9.8])), what="(w, b)")


@pytest.mark.weight(2)
@pytest.mark.needs("step_worked_by_hand")
def test_step_matches_autograd(submission, rng):
    """The step follows the gradient of loss and penalty together, whatever lr and lambd are."""
    for lr, lambd in [(0.1, 0.3), (0.01, 0.0), (0.5, 2.5)]:
        arguments = rng.normal(4, 1), rng.normal(1), rng.normal(4, 1), rng.normal(1), lr, lambd
        assert_close(submission.sgd_step_with_decay(*arguments), autograd_step(*arguments), what="(w, b)")


@pytest.mark.needs("two_points", "step_worked_by_hand", "penalty_worked_by_hand")
def test_arguments_are_left_alone(submission, rng):
    """All arguments are the same after the calls, and what comes back has memory of its own."""
    assert_unchanged(submission, "l2_penalty", rng.normal(5))
    assert_unchanged(submission, "fit_ridge", rng.normal(9, 2), rng.normal(9), 0.5)
    step = rng.normal(3), rng.normal(1), rng.normal(3), rng.normal(1)
    assert_unchanged(submission, "sgd_step_with_decay", *step, 0.1, 0.5)
    assert_unchanged(submission, "sgd_step_with_decay", *step, 0.0, 0.0)


@pytest.mark.needs("two_points", "step_worked_by_hand")
def test_refuses_a_negative_penalty(submission, rng):
    """A lambd below 0 is a ValueError that names its value, in the fit and in the step."""
    assert_raises(ValueError, submission.fit_ridge, rng.normal(9, 2), rng.normal(9), -0.25, mentions=("-0.25",))
    step = rng.normal(3), rng.normal(1), rng.normal(3), rng.normal(1)
    assert_raises(ValueError, submission.sgd_step_with_decay, *step, 0.1, -0.25, mentions=("-0.25",))
