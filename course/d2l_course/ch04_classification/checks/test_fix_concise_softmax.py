"""Public checks of ch04/fix_concise_softmax."""

import itertools

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_close, assert_equal, assert_shape, probe
from torch import nn
from torch.nn import functional as F


@probe
def built(module, num_classes, X):
    """A new network's layer, and what it answers."""
    net = module.build(X.shape[1], num_classes)
    (layer,) = [m for m in net.modules() if isinstance(m, nn.Linear)]
    bias = None if layer.bias is None else layer.bias.detach()
    return {"W": layer.weight.detach(), "b": bias, "answers": net(X).detach()}


@probe
def trained(module, X, y, epochs, options):
    """The layer of a network after each of some numbers of epochs."""
    found = []
    for count in epochs:
        net = module.train(X, y, epochs=count, **options)
        (layer,) = [m for m in net.modules() if isinstance(m, nn.Linear)]
        found.append((layer.weight.detach(), layer.bias.detach()))
    return found


@probe
def of_a_given_network(module, W, X, y):
    """Probabilities and accuracy of a network with these weights."""
    net = nn.Linear(W.shape[1], W.shape[0], bias=False)
    with torch.no_grad():
        net.weight.copy_(W)
    probabilities = module.predict_proba(net, X)
    return probabilities, probabilities.requires_grad, module.accuracy(net, X, y)


@probe
def train_and_evaluate(module, X, y, X_test, y_test):
    net = module.train(X, y)
    return module.predict_proba(net, X_test), module.accuracy(net, X_test, y_test)


def a_step(layer, X, y, lr):
    """The layer after one step with all rows."""
    W, b = (p.clone().requires_grad_() for p in layer)
    dW, db = torch.autograd.grad(F.cross_entropy(X @ W.T + b, y), (W, b))
    return (W - lr * dW).detach(), (b - lr * db).detach()


def always_in_one_order(layer, X, y, lr, epochs):
    """The weights after training row by row, in the same order in all epochs: one for each order."""
    orders = torch.tensor(list(itertools.permutations(range(len(y)))))
    W, b = (p.expand(len(orders), *p.shape) for p in layer)
    for rows in orders.repeat(1, epochs).T:
        error = (torch.einsum("od,ocd->oc", X[rows], W) + b).softmax(1) - F.one_hot(y[rows], b.shape[1])
        W, b = W - lr * error[:, :, None] * X[rows][:, None, :], b - lr * error
    return W


@pytest.mark.weight(2)
def test_outputs_are_logits(submission, rng):
    """The network's outputs are those of its linear layer, nothing done to them, one for each class asked for."""
    X = rng.normal(6, 5)
    found = submission.run(built, 4, X)
    assert_shape(found["W"], (4, 5), what="weight of the layer for 5 inputs and 4 classes")
    assert found["b"] is not None, "the linear layer has no bias, which nn.Linear has unless it is told otherwise"
    assert_close(found["answers"], X @ found["W"].T + found["b"], what="outputs")


@pytest.mark.weight(2)
def test_probabilities(submission, rng):
    """predict_proba gives the softmax of each row of logits, without a graph."""
    W, X = rng.normal(4, 3), rng.normal(7, 3)
    probabilities, graph, _ = submission.run(of_a_given_network, W, X, rng.integers(0, 4, 7))
    assert_close(probabilities, (X @ W.T).softmax(1), what="probabilities")
    assert_equal(graph, False, what="probabilities, with a graph?")


@pytest.mark.weight(2)
def test_accuracy(submission, rng):
    """accuracy counts the rows whose largest logit is at the label."""
    W, X = rng.normal(4, 3), rng.normal(8, 3)
    y = (X @ W.T).argmax(1)
    y[:3] = (y[:3] + 1) % 4
    _, _, share = submission.run(of_a_given_network, W, X, y)
    assert isinstance(share, float), f"the accuracy is a {type(share).__name__}, not a Python float"
    assert_close(share, 0.625, what="accuracy")


@pytest.mark.weight(2)
@pytest.mark.needs("outputs_are_logits")
def test_one_step(submission, rng):
    """With all rows in one batch, an epoch is one step along the gradient of the mean cross-entropy."""
    X, y = rng.normal(20, 5), rng.integers(0, 10, 20)
    start, end = submission.run(trained, X, y, [0, 1], {"lr": 0.5, "batch_size": 20, "seed": 3})
    assert_shape(start[0], (10, 5), what="weight")
    assert_close(end, a_step(start, X, y, 0.5), what="(weight, bias) after a step")
    assert (end[0] - start[0]).abs().max() > 1e-3, "the weights are the same before and after the step"


@pytest.mark.weight(2)
@pytest.mark.needs("one_step")
def test_second_step(submission, rng):
    """The second step goes along the gradient at the place where the first one ended, and along nothing else."""
    X, y = rng.normal(20, 5), rng.integers(0, 10, 20)
    first, second = submission.run(trained, X, y, [1, 2], {"lr": 0.5, "batch_size": 20})
    assert_close(second, a_step(first, X, y, 0.5), what="(weight, bias) after the second step")


@pytest.mark.needs("second_step")
def test_new_order_in_each_epoch(submission, rng):
    """Four rows in batches of one: what four epochs learn is not what any order learns that stays the same."""
    X, y = rng.normal(4, 5), torch.tensor([0, 1, 2, 1])
    closest = []
    for seed in (1, 2, 3):
        options = {"lr": 0.5, "batch_size": 1, "seed": seed}
        start, (W, _) = submission.run(trained, X, y, [0, 4], options)
        closest.append((W - always_in_one_order(start, X, y, 0.5, 4)).abs().amax((1, 2)).min())
    assert max(closest) > 1e-4, "every epoch visits the rows in the same order"


@pytest.mark.weight(3)
@pytest.mark.needs("second_step", "probabilities", "accuracy")
def test_reads_digits_and_knows_how_well(submission, data):
    """After training, 90 % of unseen digits are read correctly, and the probabilities are honest."""
    digits = data.digits()
    X, X_test = digits.train_images / 16, digits.test_images / 16
    probabilities, share = submission.run(train_and_evaluate, X, digits.train_labels, X_test, digits.test_labels)
    assert_shape(probabilities, (360, 10), what="probabilities")
    predicted = probabilities.argmax(1)
    assert_accuracy(predicted, digits.test_labels, at_least=0.9)
    assert_close(share, (predicted == digits.test_labels).double().mean().item(), what="accuracy")
    loss = F.nll_loss(probabilities.log(), digits.test_labels).item()
    assert loss < 0.35, f"the mean of -log(probability of the label) should be below 0.35; it is {loss:.2f}"
