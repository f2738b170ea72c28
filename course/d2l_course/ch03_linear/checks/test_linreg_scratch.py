"""Public checks of ch03/linreg_scratch."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape, probe


@probe
def predict(module, X, w, b):
    model = module.LinearRegressionScratch(len(w))
    with torch.no_grad():
        model.w.copy_(w)
        model.b.copy_(b)
    return model.forward(X).detach()


@probe
def loss(module, y_hat, y):
    return module.LinearRegressionScratch(1).loss(y_hat, y)


@probe
def first_parameters(module, num_inputs, sigma, seed):
    model = module.LinearRegressionScratch(num_inputs, sigma=sigma, seed=seed)
    trainable = [p.requires_grad and p.is_leaf for p in (model.w, model.b)]
    return {"w": model.w.detach(), "b": model.b.detach(), "trainable": trainable}


@probe
def steps(module, p, q, lr, count):
    """Steps on the loss (p * p).sum(), of which q is no part; gradients are cleared before each."""
    p, q = p.clone().requires_grad_(), q.clone().requires_grad_()
    optimizer = module.SGD([p, q], lr)
    for _ in range(count):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
    return {"p": p.detach(), "q": q.detach(), "leaves": [p.is_leaf and p.requires_grad, q.is_leaf and q.requires_grad]}


@probe
def fit(module, X, y, batch_size, epochs, lr, sigma):
    model = module.LinearRegressionScratch(X.shape[1], lr=lr, sigma=sigma)
    losses = model.fit(X, y, batch_size=batch_size, epochs=epochs)
    return {"w": model.w.detach(), "b": model.b.detach(), "losses": losses}


def test_forward(submission, rng):
    """Predictions are X w + b, a column."""
    X, w, b = rng.normal(5, 3), rng.normal(3, 1), rng.normal(1, mean=2.0)
    assert_close(submission.run(predict, X, w, b), X @ w + b, what="predictions")


def test_loss_worked_by_hand(submission):
    """Errors of 1, -2 and 4 give (1 + 4 + 16) / 3 / 2 = 3.5."""
    y_hat, y = torch.tensor([[2.0], [0.0], [5.0]]), torch.tensor([[1.0], [2.0], [1.0]])
    assert_close(submission.run(loss, y_hat, y), torch.tensor(3.5), what="loss")


@pytest.mark.needs("loss_worked_by_hand")
def test_loss_refuses_other_shapes(submission, rng):
    """Predictions [7, 1] against targets [7], which would make a square of differences, are a ValueError."""
    assert_raises(ValueError, submission.run, loss, rng.normal(7, 1), rng.normal(7), mentions=("7", "1"))


@pytest.mark.needs("forward")
def test_first_parameters(submission):
    """At first the weights are normal with deviation sigma, the intercept is 0, and both can be trained."""
    for sigma in (0.01, 0.5):
        found = submission.run(first_parameters, 600, sigma, 3)
        assert_shape(found["w"], (600, 1), what="w")
        assert_close(found["w"].mean(), torch.tensor(0.0), atol=0.25 * sigma, trivial=True, what="mean of w")
        assert_close(found["w"].std(), torch.tensor(sigma), rtol=0.2, what="deviation of w")
        assert_close(found["b"], torch.zeros(1), trivial=True, what="b")
        assert_equal(found["trainable"], [True, True], what="w and b, leaves that require gradients?")


@pytest.mark.weight(2)
@pytest.mark.needs("forward")
def test_sgd_steps(submission):
    """A step moves a parameter by -lr times its gradient, in place; one without gradient stays as it is."""
    p, q = torch.tensor([1.0, -2.0, 3.0]), torch.tensor([5.0])
    found = submission.run(steps, p, q, 0.1, 1)
    assert_close(found["p"], 0.8 * p, what="p after a step")
    assert_close(found["q"], q, what="q, which has no gradient")
    assert_equal(found["leaves"], [True, True], what="p and q, leaves that require gradients?")
    found = submission.run(steps, p, q, 0.25, 3)
    assert_close(found["p"], p / 8, what="p after three steps, gradients cleared before each")


@pytest.mark.weight(2)
@pytest.mark.needs("forward", "loss_worked_by_hand", "sgd_steps")
def test_full_batches_by_hand(submission, rng):
    """With all rows in one batch, fit is gradient descent; it returns the losses before the steps, as floats."""
    X, y = rng.normal(12, 3), rng.normal(12, 1, mean=2.0)
    w, b, losses = torch.zeros(3, 1), torch.zeros(1), []
    for _ in range(3):
        residuals = X @ w + b - y
        losses.append((residuals**2).mean().item() / 2)
        w, b = w - 0.2 * X.T @ residuals / 12, b - 0.2 * residuals.mean()
    found = submission.run(fit, X, y, 12, 3, 0.2, 0.0)
    assert_close({k: found[k] for k in ("w", "b")}, {"w": w, "b": b}, what="trained parameters")
    assert_close(found["losses"], losses, what="losses")
    assert_equal([type(value).__name__ for value in found["losses"]], ["float"] * 3, what="types of the losses")


@pytest.mark.weight(3)
@pytest.mark.needs("full_batches_by_hand")
def test_finds_the_line(submission, rng):
    """Five epochs over 600 noisy rows find the line behind them."""
    X, w, b = rng.normal(600, 2), torch.tensor([[2.0], [-3.4]]), torch.tensor([4.2])
    found = submission.run(fit, X, X @ w + b + rng.normal(600, 1, std=0.01), 10, 5, 0.03, 0.01)
    assert_close({k: found[k] for k in ("w", "b")}, {"w": w, "b": b}, rtol=0, atol=0.01, what="trained parameters")
    assert_equal(len(found["losses"]), 5, what="number of losses")
    assert found["losses"][-1] < 2e-4 < found["losses"][0], "the loss should fall below 0.0002 in the last epoch"
