"""Hidden checks of ch04/fix_concise_softmax."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe
from torch import nn


@probe
def trained(module, X, y, options):
    """The layer of a trained network."""
    net = module.train(X, y, **options)
    (layer,) = [m for m in net.modules() if isinstance(m, nn.Linear)]
    return layer.weight.detach(), layer.bias.detach()


@probe
def shape_of_the_weights(module):
    """Of a network built without arguments."""
    (layer,) = [m for m in module.build().modules() if isinstance(m, nn.Linear)]
    return tuple(layer.weight.shape)


@probe
def of_a_given_network(module, W, X, y):
    """Probabilities and accuracy of a network with these weights."""
    net = nn.Linear(W.shape[1], W.shape[0], bias=False)
    with torch.no_grad():
        net.weight.copy_(W)
    return module.predict_proba(net, X), module.accuracy(net, X, y)


@pytest.mark.weight(2)
@pytest.mark.needs("probabilities", "accuracy")
def test_any_number_of_rows(submission, rng):
    """Probabilities and accuracy of one row, of as many rows as classes, of large logits."""
    for n, classes in [(1, 5), (4, 4), (rng.integers(20, 50), 3)]:
        W, X = rng.normal(classes, 6, std=30.0), rng.normal(n, 6)
        y, logits = rng.integers(0, classes, n), X @ W.T
        y[0] = logits[0].argmax()
        probabilities, share = submission.run(of_a_given_network, W, X, y)
        assert_close(probabilities, logits.softmax(1), atol=1e-4, what="probabilities")
        assert_close(share, (logits.argmax(1) == y).double().mean().item(), what="accuracy")


@pytest.mark.weight(2)
@pytest.mark.needs("second_step")
def test_small_batches(submission, rng):
    """Each batch takes a step of its own, the last and smaller one included, as often as there are epochs."""
    # All rows are alike, so that their order does not matter.
    for n in (rng.integers(10, 12), 9):  # a single row is a batch, too
        seed = rng.integers(1, 1000)
        X, y = rng.normal(1, 5).repeat(n, 1), torch.full((n,), rng.integers(0, 10))
        found = submission.run(trained, X, y, {"lr": 0.2, "batch_size": 4, "epochs": 2, "seed": seed})
        W, b = submission.run(trained, X, y, {"epochs": 0, "seed": seed})
        for _ in range(6):
            error = (X[:1] @ W.T + b).softmax(1)
            error[0, y[0]] -= 1
            W, b = W - 0.2 * error.T @ X[:1], b - 0.2 * error[0]
        assert_close(found, (W, b), what="(weight, bias) after six steps")


@pytest.mark.needs("second_step")
def test_seed_decides(submission, rng):
    """The same seed trains the same network, another seed starts from other weights; rows come in random order."""
    X, y, seed = rng.normal(30, 5), rng.integers(0, 10, 30), rng.integers(1, 1000)
    for options in ({"epochs": 0}, {"epochs": 2, "batch_size": 1}):
        first, same, other = (submission.run(trained, X, y, {**options, "seed": s}) for s in (seed, seed, seed + 1))
        assert_close(same, first, what="(weight, bias) of the same seed again")
        assert (other[0] - first[0]).abs().max() > 1e-3, "another seed gives the same weights"
    options = {"epochs": 1, "batch_size": 1, "lr": 1.0, "seed": seed}
    flipped = submission.run(trained, X.flip(0), y.flip(0), options)
    W, b = submission.run(trained, X, y, {**options, "epochs": 0})
    for x, label in zip(X.flip(0), y.flip(0), strict=True):
        error = (W @ x + b).softmax(0)
        error[label] -= 1
        W, b = W - error[:, None] * x, b - error
    assert (flipped[0] - W).abs().max() > 1e-3, "the rows are visited in the order they come in"


@pytest.mark.needs("second_step")
def test_defaults(submission, rng):
    """Without options there are 64 inputs, 10 classes, 15 epochs of batches of 32, a learning rate of 0.3, seed 0."""
    assert_equal(submission.run(shape_of_the_weights), (10, 64), what="shape of the weights")
    X, y = rng.normal(80, 5), rng.integers(0, 10, 80)
    expected = submission.run(trained, X, y, {"epochs": 15, "lr": 0.3, "batch_size": 32, "seed": 0})
    assert_close(submission.run(trained, X, y, {}), expected, what="(weight, bias) without options")
