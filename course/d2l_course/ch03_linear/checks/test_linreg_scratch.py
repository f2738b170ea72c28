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
def steps_with_a_generator(module, p, q):
    """Two steps on the loss p + 2 q, after the optimizer was given its parameters by a generator."""
    p, q = p.clone().requires_grad_(), q.clone().requires_grad_()
    optimizer = module.SGD((parameter for parameter in (p, q)), 0.1)
    for _ in range(2):
        optimizer.zero_grad()
        (p + 2 * q).sum().backward()
        optimizer.step()
    return {"p": p.detach(), "q": q.detach()}


@probe
def fit(module, X, y, batch_size, epochs, lr, sigma, seed=0):
    model = module.LinearRegressionScratch(X.shape[1], lr=lr, sigma=sigma, seed=seed)
    losses = model.fit(X, y, batch_size=batch_size, epochs=epochs)
    kinds = sorted({"float" if isinstance(value, float) else type(value).__name__ for value in losses})
    return {"w": model.w.detach(), "b": model.b.detach(), "losses": losses, "kinds": kinds}


@probe
def fit_of_a_subclass(module, X, y, lr, model, loss):
    """Train, all rows in one batch; a subclass's predictions are 1 less, its loss is 3 times as large."""

    class Other(module.LinearRegressionScratch):
        pass

    if model:
        Other.forward = lambda self, X: module.LinearRegressionScratch.forward(self, X) - 1
    if loss:
        Other.loss = lambda self, y_hat, y: 3 * module.LinearRegressionScratch.loss(self, y_hat, y)
    model = Other(X.shape[1], lr=lr, sigma=0.0)
    losses = model.fit(X, y, batch_size=len(X), epochs=2)
    return {"w": model.w.detach(), "b": model.b.detach(), "losses": losses}


def descent(X, y, lr, epochs):
    """Gradient descent from 0 with the gradient from paper, all rows in each step."""
    w, b, losses = torch.zeros(X.shape[1], 1), torch.zeros(1), []
    for _ in range(epochs):
        residuals = X @ w + b - y
        losses.append((residuals**2).mean().item() / 2)
        w, b = w - lr * X.T @ residuals / len(X), b - lr * residuals.mean()
    return {"w": w, "b": b, "losses": losses}


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
    """Targets [7], [1] or [1, 1] against predictions [7, 1], all of which would be stretched, are a ValueError."""
    for shape in [(1,), (7,), (1, 1)]:
        assert_raises(ValueError, submission.run, loss, rng.normal(7, 1), rng.normal(*shape), mentions=("7", "1"))


@pytest.mark.needs("forward")
def test_first_parameters(submission):
    """At first the weights are normal with deviation sigma, the intercept is 0, and both can be trained."""
    for sigma in (0.01, 0.5):
        found = submission.run(first_parameters, 2000, sigma, 3)
        assert_shape(found["w"], (2000, 1), what="w")
        assert_close(found["w"].mean(), torch.tensor(0.0), atol=0.25 * sigma, trivial=True, what="mean of w")
        assert_close(found["w"].std(), torch.tensor(sigma), rtol=0.2, what="deviation of w")
        far = (found["w"].abs() > 2 * sigma).float().mean()
        assert_close(far, torch.tensor(0.0455), atol=0.03, what="share of normal weights beyond two deviations")
        assert_close(found["b"], torch.zeros(1), trivial=True, what="b")
        assert_equal(found["trainable"], [True, True], what="w and b, leaves that require gradients?")
    other = submission.run(first_parameters, 2000, 0.5, 4)
    assert not torch.equal(other["w"], found["w"]), "another seed draws the same first weights"


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


@pytest.mark.needs("sgd_steps")
def test_parameters_from_a_generator(submission):
    """The parameters may come from a generator: every step moves them all."""
    p, q = torch.tensor([1.0, -2.0]), torch.tensor([5.0, 3.0])
    found = submission.run(steps_with_a_generator, p, q)
    assert_close(found, {"p": p - 0.2, "q": q - 0.4}, what="parameters after two steps")


@pytest.mark.weight(2)
@pytest.mark.needs("forward", "loss_worked_by_hand", "sgd_steps")
def test_full_batches_by_hand(submission, rng):
    """With all rows in one batch, fit is gradient descent; it returns the losses before the steps, as floats."""
    X, y = rng.normal(12, 3), rng.normal(12, 1, mean=2.0)
    expected = descent(X, y, 0.2, 3)
    found = submission.run(fit, X, y, 12, 3, 0.2, 0.0)
    for key in ("w", "b"):
        assert_close(found[key], expected[key], what=f"trained {key}")
    assert_close(found["losses"], expected["losses"], what="losses")
    assert_equal(found["kinds"], ["float"], what="types of the losses")


@pytest.mark.needs("full_batches_by_hand")
def test_a_subclass_has_its_own_loss(submission, rng):
    """With a subclass's loss, 3 times as large, the steps and the losses are 3 times as large."""
    X, y = rng.normal(9, 2), rng.normal(9, 1, mean=2.0)
    expected = descent(X, y, 0.3, 2)
    expected["losses"] = [3 * value for value in expected["losses"]]
    found = submission.run(fit_of_a_subclass, X, y, 0.1, False, True)
    assert_close(found, expected, what="training with another loss")


@pytest.mark.needs("full_batches_by_hand")
def test_a_subclass_has_its_own_model(submission, rng):
    """With a subclass's predictions, which are 1 less, training is that for targets 1 more."""
    X, y = rng.normal(9, 2), rng.normal(9, 1, mean=2.0)
    found = submission.run(fit_of_a_subclass, X, y, 0.1, True, False)
    assert_close(found, descent(X, y + 1, 0.1, 2), what="training with another model")


@pytest.mark.needs("full_batches_by_hand")
def test_three_batches_by_hand(submission):
    """Seven equal rows in batches of 3 are three steps an epoch, in whatever order; its loss is the mean of three."""
    x, y, w, b, losses = torch.tensor([[1.0, -0.5]]), 3.0, torch.zeros(2, 1), torch.zeros(1), []
    for _ in range(3):
        residual = x @ w + b - y
        losses.append(residual.item() ** 2 / 2)
        w, b = w - 0.2 * residual * x.T, b - 0.2 * residual[0]
    found = submission.run(fit, x.repeat(7, 1), torch.full((7, 1), y), 3, 1, 0.2, 0.0)
    assert_close(found["losses"], [sum(losses) / 3], what="losses")
    assert_close({k: found[k] for k in ("w", "b")}, {"w": w, "b": b}, what="parameters after three steps")


@pytest.mark.weight(3)
@pytest.mark.needs("full_batches_by_hand")
def test_finds_the_line(submission, rng):
    """Five epochs over 600 noisy rows find the line behind them."""
    X, w, b = rng.normal(600, 2), torch.tensor([[2.0], [-3.4]]), torch.tensor([4.2])
    found = submission.run(fit, X, X @ w + b + rng.normal(600, 1, std=0.01), 10, 5, 0.03, 0.01)
    assert_close({k: found[k] for k in ("w", "b")}, {"w": w, "b": b}, rtol=0, atol=0.01, what="trained parameters")
    assert_equal(len(found["losses"]), 5, what="number of losses")
    assert found["losses"][-1] < 2e-4 < found["losses"][0], "the loss should fall below 0.0002 in the last epoch"
