"""Public checks of ch05/mlp_scratch."""

import math

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_close, assert_equal, assert_shape, probe
from torch.nn import functional as F


@probe
def listed_parameters(module, d, h, c):
    """The shapes of what the model lists as its parameters, and the first biases."""
    model = module.MLPScratch(d, c, h)
    listed = dict(model.named_parameters())
    biases = {name: getattr(model, name).detach() for name in ("b1", "b2")}
    return {name: tuple(listed[name].shape) for name in sorted(listed)}, biases


@probe
def first_weights(module, d, h, c, sigma):
    model = module.MLPScratch(d, c, h, sigma=sigma)
    return model.W1.detach(), model.W2.detach()


@probe
def logits(module, parameters, X):
    """What a model with these parameters answers to X."""
    (d, h), c = parameters["W1"].shape, len(parameters["b2"])
    model = module.MLPScratch(d, c, h)
    for name, value in parameters.items():
        if getattr(model, name).shape != value.shape:
            raise ValueError(f"{name} has shape {list(getattr(model, name).shape)}, not {list(value.shape)}")
        getattr(model, name).data.copy_(value)
    return model(X).detach()


@probe
def fit(module, parameters, X, y, batch_size, epochs, lr):
    """The parameters and losses of a training that starts from given parameters."""
    (d, h), c = parameters["W1"].shape, len(parameters["b2"])
    model = module.MLPScratch(d, c, h, lr=lr)
    with torch.no_grad():
        for name, value in parameters.items():
            getattr(model, name).copy_(value)
    losses = model.fit(X, y, batch_size=batch_size, epochs=epochs)
    return {"parameters": {name: getattr(model, name).detach() for name in parameters}, "losses": losses}


@probe
def kinds_of_losses(module, X, y):
    """What the losses are, in words: "float" for every kind of float."""
    losses = module.MLPScratch(X.shape[1], 4, 5).fit(X, y, batch_size=4, epochs=2)
    return ["float" if isinstance(loss, float) else type(loss).__name__ for loss in losses]


@probe
def fit_with_old_gradients(module, parameters, X, y, lr):
    """The parameters after one step on all rows, where each has a gradient of ones from before."""
    (d, h), c = parameters["W1"].shape, len(parameters["b2"])
    model = module.MLPScratch(d, c, h, lr=lr)
    with torch.no_grad():
        for name, value in parameters.items():
            getattr(model, name).copy_(value)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    model.fit(X, y, batch_size=len(X), epochs=1)
    return {name: getattr(model, name).detach() for name in parameters}


@probe
def read_digits(module, X, y, X_test, epochs):
    model = module.MLPScratch(64, 10, 48, lr=0.3, sigma=0.1)
    losses = model.fit(X, y, batch_size=32, epochs=epochs)
    return losses, model(X_test).detach()


def network(rng, d, h, c):
    shapes = {"W1": (d, h), "b1": (h,), "W2": (h, c), "b2": (c,)}
    return {name: rng.normal(*shape) for name, shape in shapes.items()}


def forward(parameters, X):
    hidden = torch.relu(X.flatten(1) @ parameters["W1"] + parameters["b1"])
    return hidden @ parameters["W2"] + parameters["b2"]


def gradient_descent(parameters, X, y, lr, steps):
    """Steps on the loss of all rows, and the losses before them."""
    losses = []
    for _ in range(steps):
        leaves = {name: p.clone().requires_grad_() for name, p in parameters.items()}
        loss = F.cross_entropy(forward(leaves, X), y)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        losses.append(loss.item())
        parameters = {name: p - lr * g for (name, p), g in zip(parameters.items(), gradients, strict=True)}
    return {"parameters": parameters, "losses": losses}


@pytest.mark.weight(3)
def test_forward(submission, rng):
    """The logits are relu(X W1 + b1) W2 + b2, some of them negative."""
    parameters, X = network(rng, 4, 6, 3), rng.normal(8, 4)
    assert_close(submission.run(logits, parameters, X), forward(parameters, X), what="logits")


@pytest.mark.needs("forward")
def test_parameters(submission):
    """The model lists W1, b1, W2 and b2 with their shapes, and nothing else; the biases are 0 at first."""
    shapes, biases = submission.run(listed_parameters, 5, 7, 3)
    assert_equal(
        shapes, {"W1": (5, 7), "W2": (7, 3), "b1": (7,), "b2": (3,)}, what="listed parameters and their shapes"
    )
    assert_close(biases, {"b1": torch.zeros(7), "b2": torch.zeros(3)}, trivial=True, what="first biases")


@pytest.mark.needs("forward")
def test_images(submission, rng):
    """Images [n, 1, h, w] have the same logits as their pixels in a row."""
    parameters, X = network(rng, 6, 5, 3), rng.normal(4, 1, 2, 3)
    assert_close(submission.run(logits, parameters, X), forward(parameters, X), what="logits")


@pytest.mark.weight(2)
@pytest.mark.needs("forward")
def test_first_weights(submission):
    """At first W1 and W2 are normal with mean 0 and deviation sigma."""
    for sigma in (0.01, 0.5):
        found = submission.run(first_weights, 80, 60, 40, sigma)
        for name, W, shape in zip(("W1", "W2"), found, ((80, 60), (60, 40)), strict=True):
            assert_shape(W, shape, what=name)
            assert_close(W.mean(), torch.tensor(0.0), atol=0.2 * sigma, trivial=True, what=f"mean of {name}")
            assert_close(W.std(), torch.tensor(sigma), rtol=0.2, what=f"deviation of {name}")


@pytest.mark.needs("first_weights")
def test_layers_differ(submission):
    """W2 is drawn independently of W1."""
    W1, W2 = submission.run(first_weights, 50, 40, 30, 0.1)
    same = torch.isin(W2, W1).float().mean()
    assert same < 0.5, "W2 holds the same numbers as W1: draw them one after the other from one generator"


@pytest.mark.weight(3)
@pytest.mark.needs("forward")
def test_full_batches(submission, rng):
    """With all rows in one batch, fit is gradient descent on all parameters; it returns the losses before the steps."""
    parameters, X, y = network(rng, 3, 5, 4), rng.normal(12, 3), rng.integers(0, 4, 12)
    found = submission.run(fit, parameters, X, y, 12, 3, 0.2)
    assert_close(found, gradient_descent(parameters, X, y, 0.2, 3), what="result")


@pytest.mark.needs("full_batches")
def test_losses_are_floats(submission, rng):
    """The losses are Python floats, and not tensors."""
    for kind in submission.run(kinds_of_losses, rng.normal(6, 3), rng.integers(0, 4, 6)):
        assert kind == "float", f"each loss should be a Python float, but one is a {kind}"


@pytest.mark.needs("full_batches")
def test_old_gradients_do_not_count(submission, rng):
    """Gradients that earlier work has left on the parameters make no difference."""
    parameters, X, y = network(rng, 3, 5, 4), rng.normal(8, 3), rng.integers(0, 4, 8)
    found = submission.run(fit_with_old_gradients, parameters, X, y, 0.2)
    assert_close(found, gradient_descent(parameters, X, y, 0.2, 1)["parameters"], what="parameters after one step")


@pytest.mark.weight(2)
@pytest.mark.needs("full_batches")
def test_small_batches(submission, rng):
    """Each batch takes a step of its own, the last and smaller one included; an epoch's loss is the batches' mean."""
    # All rows are alike, so that their order does not matter: 10 rows in batches of 4 are three steps on one row.
    parameters, X, y = network(rng, 3, 5, 4), rng.normal(1, 3), torch.tensor([2])
    found = submission.run(fit, parameters, X.repeat(10, 1), y.repeat(10), 4, 2, 0.1)
    alone = gradient_descent(parameters, X, y, 0.1, 6)
    losses = alone["losses"]
    expected = {"parameters": alone["parameters"], "losses": [sum(losses[:3]) / 3, sum(losses[3:]) / 3]}
    assert_close(found, expected, what="result")


@pytest.mark.weight(3)
@pytest.mark.needs("small_batches", "images", "first_weights")
def test_learns_to_read_digits(submission, data):
    """After 20 epochs at least 92 % of the digits that the model has never seen are read correctly."""
    digits = data.digits()
    X, X_test = (images.reshape(-1, 1, 8, 8) / 16 for images in (digits.train_images, digits.test_images))
    losses, answers = submission.run(read_digits, X, digits.train_labels, X_test, 20)
    assert_shape(answers, (len(X_test), 10), what="logits")
    assert_accuracy(answers.argmax(1), digits.test_labels, at_least=0.92)
    assert_equal(len(losses), 20, what="number of losses")
    assert losses[-1] < 0.2 < losses[0] < math.log(10), "the loss should start below ln 10 and fall below 0.2"
