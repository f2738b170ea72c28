"""Public checks of ch04/softmax_scratch."""

import itertools
import math

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_close, assert_dtype, assert_equal, assert_shape, probe
from torch.nn import functional as F


@probe
def outputs(module, W, b, X, y):
    """What a model with these parameters answers to X."""
    model = module.SoftmaxRegressionScratch(*W.shape)
    with torch.no_grad():
        model.W.copy_(W)
        model.b.copy_(b)
    return {"forward": model.forward(X).detach(), "loss": model.loss(X, y), "predict": model.predict(X)}


@probe
def first_parameters(module, num_inputs, num_outputs, sigma):
    model = module.SoftmaxRegressionScratch(num_inputs, num_outputs, sigma=sigma)
    return model.W.detach(), model.b.detach()


@probe
def fit(module, X, y, num_outputs, batch_size, epochs, options):
    model = module.SoftmaxRegressionScratch(X[0].numel(), num_outputs, **options)
    losses = model.fit(X, y, batch_size=batch_size, epochs=epochs)
    return {"W": model.W.detach(), "b": model.b.detach(), "losses": losses}


@probe
def train_and_predict(module, X, y, X_test):
    model = module.SoftmaxRegressionScratch(64, 10, lr=0.3)
    return model.fit(X, y, batch_size=32, epochs=15), model.predict(X_test)


def gradient_descent(X, y, num_outputs, lr, steps):
    """The same training from zeros, all rows in each step, by autograd on torch's own loss."""
    W, b = torch.zeros(X[0].numel(), num_outputs), torch.zeros(num_outputs)
    losses = []
    for _ in range(steps):
        W, b = W.requires_grad_(), b.requires_grad_()
        loss = F.cross_entropy(X.flatten(1) @ W + b, y)
        dW, db = torch.autograd.grad(loss, (W, b))
        W, b = (W - lr * dW).detach(), (b - lr * db).detach()
        losses.append(loss.item())
    return {"W": W, "b": b, "losses": losses}


def always_in_one_order(X, y, num_outputs, lr, epochs):
    """The weights after training from zeros, row by row, in the same order in all epochs: one for each order."""
    orders = torch.tensor(list(itertools.permutations(range(len(y)))))
    W, b = torch.zeros(len(orders), X.shape[1], num_outputs), torch.zeros(len(orders), num_outputs)
    for rows in orders.repeat(1, epochs).T:
        error = (torch.einsum("od,odc->oc", X[rows], W) + b).softmax(1) - F.one_hot(y[rows], num_outputs)
        W, b = W - lr * X[rows][:, :, None] * error[:, None, :], b - lr * error
    return W


@pytest.mark.weight(2)
def test_forward(submission, rng):
    """The outputs are the softmax of X W + b over the classes."""
    W, b, X = rng.normal(6, 3), rng.normal(3), rng.normal(4, 6)
    found = submission.run(outputs, W, b, X, rng.integers(0, 3, 4))
    assert_close(found["forward"], (X @ W + b).softmax(1), what="probabilities")


@pytest.mark.needs("forward")
def test_images(submission, rng):
    """Images [n, 1, h, w] have the same probabilities as their pixels in a row."""
    W, b, X = rng.normal(6, 3), rng.normal(3), rng.normal(4, 1, 2, 3)
    found = submission.run(outputs, W, b, X, rng.integers(0, 3, 4))
    assert_close(found["forward"], (X.flatten(1) @ W + b).softmax(1), what="probabilities")


@pytest.mark.weight(2)
@pytest.mark.needs("forward")
def test_loss(submission, rng):
    """The loss is the mean cross-entropy."""
    W, b, X, y = rng.normal(6, 3), rng.normal(3), rng.normal(5, 6), rng.integers(0, 3, 5)
    assert_close(submission.run(outputs, W, b, X, y)["loss"], F.cross_entropy(X @ W + b, y), what="loss")


@pytest.mark.needs("forward")
def test_predict(submission, rng):
    """predict names the class with the largest probability, int64."""
    W, b, X = rng.normal(6, 3), rng.normal(3), rng.normal(12, 6)
    found = submission.run(outputs, W, b, X, rng.integers(0, 3, 12))["predict"]
    assert_dtype(found, torch.int64, what="predictions")
    assert_equal(found, (X @ W + b).argmax(1), what="predictions")


@pytest.mark.weight(2)
@pytest.mark.needs("loss")
def test_large_inputs(submission, rng):
    """Inputs of 10000 give finite probabilities and losses, also beside small ones."""
    W, b, X = rng.normal(5, 3), rng.normal(3), rng.normal(6, 5)
    X[::2] *= 1e4
    logits = X @ W + b
    y = logits.argmin(1)
    found = submission.run(outputs, W, b, X, y)
    assert_close(found["forward"], logits.softmax(1), atol=1e-3, what="probabilities")
    assert_close(found["loss"], F.cross_entropy(logits, y), what="loss")


@pytest.mark.needs("forward")
def test_first_parameters(submission):
    """At first the weights are normal with deviation sigma, and the intercepts are 0."""
    for sigma in (0.01, 0.5):
        W, b = submission.run(first_parameters, 100, 7, sigma)
        assert_shape(W, (100, 7), what="W")
        assert_close(W.mean(), torch.tensor(0.0), atol=0.2 * sigma, trivial=True, what="mean of W")
        assert_close(W.std(), torch.tensor(sigma), rtol=0.2, what="deviation of W")
        assert_close(b, torch.zeros(7), trivial=True, what="b")


@pytest.mark.weight(3)
@pytest.mark.needs("loss", "predict")
def test_full_batches(submission, rng):
    """With all rows in one batch, fit is gradient descent on the loss; it returns the losses before the steps."""
    X, y = rng.normal(12, 5), rng.integers(0, 3, 12)
    found = submission.run(fit, X, y, 3, 12, 3, {"lr": 0.2, "sigma": 0.0})
    assert_close(found, gradient_descent(X, y, 3, 0.2, 3), what="(W, b, losses)")
    kinds = sorted({type(value).__name__ for value in found["losses"] if not isinstance(value, float)})
    assert not kinds, f"losses are no Python floats, but of type {', '.join(kinds)}"


@pytest.mark.needs("full_batches")
def test_batches_of_four(submission, rng):
    """Ten rows in batches of 4, 4 and 2: each takes a step of its own, and an epoch's loss is the mean of the three."""
    # All rows are alike, so that their order does not matter: six steps with one of them are two epochs.
    X, y = rng.normal(1, 5), torch.tensor([1])
    alone = gradient_descent(X, y, 3, 0.3, 6)
    found = submission.run(fit, X.repeat(10, 1), y.repeat(10), 3, 4, 2, {"lr": 0.3, "sigma": 0.0})
    assert_close([found["W"], found["b"]], [alone["W"], alone["b"]], what="[W, b]")
    losses = alone["losses"]
    assert_close(found["losses"], [sum(losses[:3]) / 3, sum(losses[3:]) / 3], what="losses")


@pytest.mark.needs("full_batches")
def test_new_order_in_each_epoch(submission, rng):
    """Four rows in batches of one: what four epochs learn is not what any order learns that stays the same."""
    X, y = rng.normal(4, 5), torch.tensor([0, 1, 2, 1])
    fixed = always_in_one_order(X, y, 3, 0.5, 4)
    found = [submission.run(fit, X, y, 3, 1, 4, {"lr": 0.5, "sigma": 0.0, "seed": s})["W"] for s in (1, 2, 3)]
    closest = [(W - fixed).abs().amax((1, 2)).min() for W in found]
    assert max(closest) > 1e-4, "every epoch visits the rows in the same order"


@pytest.mark.weight(3)
@pytest.mark.needs("full_batches", "images")
def test_learns_to_read_digits(submission, data):
    """After 15 epochs at least 90 % of the digits that the model has never seen are read correctly."""
    digits = data.digits()
    X, X_test = (images.reshape(-1, 1, 8, 8) / 16 for images in (digits.train_images, digits.test_images))
    losses, predicted = submission.run(train_and_predict, X, digits.train_labels, X_test)
    assert_accuracy(predicted, digits.test_labels, at_least=0.9)
    assert_equal(len(losses), 15, what="number of losses")
    assert losses[-1] < 0.3 < losses[0] < math.log(10), "the loss should start below ln 10 and fall below 0.3"
