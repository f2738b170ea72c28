"""Hidden checks of ch05/mlp_scratch."""

import math

import pytest
import torch
from d2l_course.ch05_mlp.checks.test_mlp_scratch import forward, gradient_descent, network
from d2l_kit.checks import assert_accuracy, assert_close, assert_equal, assert_shape, probe


@probe
def logits(module, parameters, X):
    """What a model with these parameters answers to X."""
    (d, h), c = parameters["W1"].shape, len(parameters["b2"])
    model = module.MLPScratch(d, c, h)
    with torch.no_grad():
        for name, value in parameters.items():
            getattr(model, name).copy_(value)
    return model(X).detach()


@probe
def fit(module, parameters, X, y, batch_size, epochs, options):
    """The parameters and losses of a training that starts from given parameters."""
    (d, h), c = parameters["W1"].shape, len(parameters["b2"])
    model = module.MLPScratch(d, c, h, **options)
    with torch.no_grad():
        for name, value in parameters.items():
            getattr(model, name).copy_(value)
    losses = model.fit(X, y, batch_size=batch_size, epochs=epochs)
    return {"parameters": {name: getattr(model, name).detach() for name in parameters}, "losses": losses}


@probe
def fit_from_first(module, X, y, c, h, batch_size, epochs, options):
    """The parameters and losses of a training that starts from the model's own parameters."""
    model = module.MLPScratch(X[0].numel(), c, h, **options)
    losses = model.fit(X, y, batch_size, epochs)
    return {"W1": model.W1.detach(), "W2": model.W2.detach(), "b2": model.b2.detach(), "losses": losses}


@probe
def first_weights(module, d, h, c, options):
    model = module.MLPScratch(d, c, h, **options)
    return model.W1.detach(), model.W2.detach()


@probe
def tell_rings_apart(module, X, y, X_test, seed):
    model = module.MLPScratch(2, 2, 32, lr=0.5, sigma=0.5, seed=seed)
    model.fit(X, y, batch_size=16, epochs=30)
    return model.eval()(X_test).detach()


@probe
def visited(module, X, y, batch_size, epochs):
    """The first input of every row, as the model is given them batch by batch."""
    seen = []

    class Spy(module.MLPScratch):
        def forward(self, X):
            seen.append(X[:, 0].tolist())
            return super().forward(X)

    Spy(X.shape[1], 2, 3).fit(X, y, batch_size, epochs)
    return seen


def rings(rng, n):
    """Points near a circle of radius 1 (class 0) and near one of radius 2 (class 1)."""
    y = rng.integers(0, 2, n)
    angle, radius = rng.uniform(n, high=2 * math.pi), 1.0 + y + rng.uniform(n, low=-0.2, high=0.2)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), y


@pytest.mark.weight(2)
@pytest.mark.needs("images")
def test_any_size(submission, rng):
    """One input, one hidden unit, a single row, and images that are not square."""
    for n, height, width, h, c in [(1, 1, 1, 4, 2), (rng.integers(20, 40), 3, 5, 1, 4), (3, 4, 2, 9, 12)]:
        parameters, X = network(rng, height * width, h, c), rng.normal(n, 1, height, width)
        assert_close(submission.run(logits, parameters, X), forward(parameters, X), what="logits")


@pytest.mark.weight(2)
@pytest.mark.needs("small_batches")
def test_any_batches(submission, rng):
    """Images of any size in batches of any size, and one batch larger than all the rows."""
    n, size, lr = rng.integers(9, 12), rng.integers(4, 6), rng.choice([0.02, 0.05])
    parameters, X, c = network(rng, 6, 4, 3), rng.normal(1, 1, 2, 3), rng.integers(0, 3)
    for batch_size, steps in [(size, -(-n // size)), (n + 5, 1)]:
        y = torch.full((n,), c)
        found = submission.run(fit, parameters, X.repeat(n, 1, 1, 1), y, batch_size, 2, {"lr": lr})
        alone = gradient_descent(parameters, X, y[:1], lr, 2 * steps)
        losses = [sum(part) / steps for part in (alone["losses"][:steps], alone["losses"][steps:])]
        assert_close(found, {"parameters": alone["parameters"], "losses": losses}, what="result")


@pytest.mark.weight(3)
@pytest.mark.needs("full_batches")
def test_tells_rings_apart(submission, rng):
    """A ring inside another is told from it, which no linear model can."""
    (X, y), (X_test, y_test) = rings(rng, 300), rings(rng, 200)
    answers = submission.run(tell_rings_apart, X, y, X_test, rng.integers(0, 99))
    assert_shape(answers, (200, 2), what="logits")
    assert_accuracy(answers.argmax(1), y_test, at_least=0.95)


@pytest.mark.needs("full_batches", "first_weights")
def test_seed_decides(submission, rng):
    """The same seed gives the same weights and the same order of rows, another seed others."""
    seed, seeds = rng.integers(1, 1000), (0, 0, 1)
    for which in (0, 1):
        first, same, other = (submission.run(first_weights, 4, 5, 3, {"seed": seed + s})[which] for s in seeds)
        assert_close(same, first, what="first weights of the same seed again")
        assert (other - first).abs().max() > 1e-6, "another seed draws the same first weights"
    parameters, X, y = network(rng, 4, 5, 3), rng.normal(20, 4), rng.integers(0, 3, 20)
    first, same, other = (
        submission.run(fit, parameters, X, y, 1, 1, {"lr": 0.1, "seed": seed + s})["parameters"]["W2"] for s in seeds
    )
    assert_close(same, first, what="W2, trained from the same seed again")
    assert (other - first).abs().max() > 1e-6, "another seed visits the rows in the same order"


@pytest.mark.observed
@pytest.mark.needs("small_batches")
def test_every_row_once_in_a_new_order(submission, rng):
    """Every epoch visits each row once, in batches of the size asked for, in an order of its own."""
    n, size = rng.integers(14, 20), 5
    X = torch.stack([torch.arange(float(n)), rng.normal(n)], dim=1)
    seen = submission.run(visited, X, rng.integers(0, 2, n), size, 2)
    per_epoch = -(-n // size)
    sizes = [size] * (per_epoch - 1) + [n - size * (per_epoch - 1)]
    assert_equal([len(batch) for batch in seen], sizes * 2, what="sizes of the batches that the model was given")
    first, second = ([row for batch in part for row in batch] for part in (seen[:per_epoch], seen[per_epoch:]))
    for order in (first, second):
        assert_equal(sorted(order), [float(i) for i in range(n)], what="rows that an epoch visited, sorted")
    assert first != sorted(first), "the rows are visited in the order they come in"
    assert first != second, "both epochs visit the rows in the same order"


@pytest.mark.needs("full_batches", "first_weights")
def test_defaults(submission, rng):
    """Without options the learning rate is 0.1, the first weights have deviation 0.01, and the seed is 0."""
    X, y = rng.normal(20, 5), rng.integers(0, 3, 20)
    expected = submission.run(fit_from_first, X, y, 3, 6, 5, 2, {"lr": 0.1, "sigma": 0.01, "seed": 0})
    assert_close(
        submission.run(fit_from_first, X, y, 3, 6, 5, 2, {}), expected, what="the model trained without options"
    )
