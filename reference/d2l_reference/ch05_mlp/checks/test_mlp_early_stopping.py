"""Hidden checks of ch05/mlp_early_stopping."""

import math

import pytest
import torch
from d2l_course.ch05_mlp.checks.test_mlp_early_stopping import classification, trained_by_hand
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape, probe
from torch import nn
from torch.nn import functional as F


@probe
def followed(module, losses, options):
    """What step answers to one loss after another, and what is best afterwards."""
    stopper, model = module.EarlyStopping(**options), nn.Linear(2, 1)
    stops = [stopper.step(loss, model) for loss in losses]
    return stops, stopper.best, stopper.best_epoch


@probe
def restored_twice(module, weights):
    """The weight after a restore, after a change in place, and after another restore."""
    stopper, model = module.EarlyStopping(), nn.Linear(weights.shape[1], weights.shape[0])
    model.weight.data.copy_(weights)
    stopper.step(1.0, model)
    seen = []
    for change in (2.0, -3.0):
        model.weight.data.mul_(change)
        seen.append(model.weight.detach().clone())
        stopper.restore(model)
        seen.append(model.weight.detach().clone())
    return seen


@probe
def restored_after(module, losses):
    stopper, model = module.EarlyStopping(9), nn.Linear(2, 1)
    for loss in losses:
        stopper.step(loss, model)
    stopper.restore(model)


@probe
def restored_from_two(module):
    """The weights of two models, each restored from a stopper of its own after both stoppers took their notes."""
    models = [nn.Linear(1, 1), nn.Linear(1, 1)]
    stoppers = [module.EarlyStopping(), module.EarlyStopping()]
    for number, (stopper, model) in enumerate(zip(stoppers, models, strict=True)):
        model.weight.data.fill_(number + 1.0)
        stopper.step(1.0, model)
        model.weight.data.fill_(99.0)
    for stopper, model in zip(stoppers, models, strict=True):
        stopper.restore(model)
    return [model.weight.item() for model in models]


@probe
def built(module, X, num_outputs, hiddens, p):
    """The kinds of layers of a new network, its linear layers' parameters, and what it answers in both modes."""
    model = module.build_mlp(X[0].numel(), num_outputs, hiddens, p)
    layers = [m for m in model.modules() if not list(m.children())]
    parameters = [(m.weight.detach(), m.bias.detach()) for m in layers if isinstance(m, nn.Linear)]
    noisy, quiet = model.train()(X).detach(), model.eval()(X).detach()
    return {"layers": [type(m).__name__ for m in layers], "parameters": parameters, "noisy": noisy, "quiet": quiet}


@probe
def fitted(module, start, X, y, X_val, y_val, options, training):
    """Train a linear model whose logits are halved in evaluation mode, handed over in either mode."""

    class TwoFaced(nn.Module):
        def __init__(self):
            super().__init__()
            self.W, self.b = nn.Parameter(start["W"].clone()), nn.Parameter(start["b"].clone())

        def forward(self, X):
            out = X @ self.W + self.b
            return out if self.training else out / 2

    model = TwoFaced().train(training)
    history = module.fit(model, X, y, X_val, y_val, **options)
    return {"history": history, "W": model.W.detach(), "b": model.b.detach()}


@probe
def learn_noise(module, X, y, X_val, y_val):
    model = module.build_mlp(X.shape[1], 5)
    history = module.fit(model, X, y, X_val, y_val, batch_size=8)
    return {"history": history, "val": model(X_val).detach()}


@probe
def visited(module, X, y, X_val, y_val, batch_size, epochs):
    """The first input of every row that the model was trained on, batch by batch."""
    seen = []

    class Recorder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, X):
            if self.training:
                seen.append(X[:, 0].tolist())
            return self.layer(X)

    module.fit(Recorder(), X, y, X_val, y_val, max_epochs=epochs, batch_size=batch_size)
    return seen


def follow(losses, patience, min_delta):
    """What `followed` should answer."""
    best, best_epoch, waited, stops = math.inf, None, 0, []
    for epoch, loss in enumerate(losses):
        progress = loss < best - min_delta
        best, best_epoch, waited = (loss, epoch, 0) if progress else (best, best_epoch, waited + 1)
        stops.append(waited >= patience)
    return stops, best, best_epoch


@pytest.mark.weight(2)
@pytest.mark.needs("min_delta", "nan_is_no_progress")
def test_any_losses(submission, rng):
    """Whatever the losses, the patience and min_delta; without options these are 3 and 0."""
    for _ in range(6):
        patience, min_delta = rng.integers(1, 5), rng.choice([0.0, 0.125, 0.5])
        # Eighths are exact, so that ties and steps of just min_delta are what they seem.
        losses = [2.0, *(rng.integers(-4, 12, 20) / 8).tolist()]
        losses[rng.integers(1, 10)] = math.nan
        losses[rng.integers(10, 20)] = math.inf
        found = submission.run(followed, losses, {"patience": patience, "min_delta": min_delta})
        assert_equal(found, follow(losses, patience, min_delta), what="(answers, best, best_epoch)")
    stops, _, _ = submission.run(followed, [math.nan] * 3, {"patience": 3})
    assert_equal(stops, [False, False, True], what="answers to NaN alone")
    losses = [3.0, 2.5, *(2.5 + rng.integers(0, 9, 6) / 8).tolist()]
    assert_equal(submission.run(followed, losses, {}), follow(losses, 3, 0.0), what="(answers, best, best_epoch)")


@pytest.mark.needs("restores_the_best_weights")
def test_restores_again(submission, rng):
    """A model that was restored, changed and restored again has the same best weights both times."""
    W = rng.normal(3, 4)
    assert_close(submission.run(restored_twice, W), [2 * W, W, -3 * W, W], what="weights, changed and restored, twice")


@pytest.mark.needs("restores_the_best_weights")
def test_two_stoppers(submission):
    """Two stoppers keep weights of their own."""
    assert_equal(submission.run(restored_from_two), [1.0, 2.0], what="weights restored from two stoppers")


@pytest.mark.needs("restores_the_best_weights", "refuses_what_makes_no_sense")
def test_nothing_to_restore(submission):
    """After epochs without any progress there is nothing to restore; a negative patience makes no sense either."""
    assert_raises(RuntimeError, submission.run, restored_after, [math.nan, math.nan])
    assert_raises(ValueError, submission.run, followed, [1.0], {"patience": -2}, mentions=("-2",))


@pytest.mark.weight(2)
@pytest.mark.needs("layers")
def test_any_layers(submission, rng):
    """No hidden layer, one, and several; in training mode dropout is at work, in evaluation mode it is not."""
    for hiddens in [(), (rng.integers(20, 30),), (9, rng.integers(10, 20), 8)]:
        X, c = rng.normal(6, 2, 3), rng.integers(2, 6)
        found = submission.run(built, X, c, hiddens, 0.5)
        kinds = ["Flatten", *["Linear", "ReLU", "Dropout"] * len(hiddens), "Linear"]
        assert_equal(found["layers"], kinds, what="list of layers")
        (*hidden, (W, b)), out = found["parameters"], X.flatten(1)
        for V, a in hidden:
            out = torch.relu(out @ V.T + a)
        assert_close(found["quiet"], out @ W.T + b, what="answers in evaluation mode")
        assert_shape(found["noisy"], (6, c), what="answers in training mode")


@pytest.mark.weight(2)
@pytest.mark.needs("small_batches", "stops_and_goes_back")
def test_any_training(submission, rng):
    """Other sizes, patience and learning rates; a model handed over in evaluation mode; a batch above all rows."""
    n, size = rng.integers(9, 12), rng.integers(4, 6)
    start, X, y, X_val, y_val = classification(rng, 1, rng.integers(5, 9), 4, 3)
    for batch_size, steps, patience in [(size, -(-n // size), 1), (n + 5, 1, 3)]:
        lr = rng.choice([0.05, 0.2])
        options = {"max_epochs": 8, "patience": patience, "lr": lr, "batch_size": batch_size}
        expected = trained_by_hand(start, X, y, X_val, y_val, steps, 8, patience, lr)
        found = submission.run(fitted, start, X.repeat(n, 1), y.repeat(n), X_val, y_val, options, False)
        assert_close(found, expected, what="result")


@pytest.mark.weight(2)
@pytest.mark.needs("layers", "stops_and_goes_back")
def test_noise_cannot_be_learned(submission, rng):
    """Where the labels are random, training ends early: `patience` epochs after the best, with its weights."""
    X, y, X_val, y_val = rng.normal(60, 10), rng.integers(0, 5, 60), rng.normal(40, 10), rng.integers(0, 5, 40)
    found = submission.run(learn_noise, X, y, X_val, y_val)
    assert_shape(found["val"], (40, 5), what="logits")
    history = found["history"]
    best = F.cross_entropy(found["val"], y_val)
    assert_close(best, min(history), what="validation loss after fit")
    assert_equal(len(history), history.index(min(history)) + 6, what="number of epochs")
    assert len(history) < 45, "training on random labels should end early"


@pytest.mark.needs("small_batches")
def test_seed_decides(submission, rng):
    """The same seed visits the rows in the same order, another seed in another."""
    arguments, seed = classification(rng, 20, 5), rng.integers(1, 1000)
    options = [{"max_epochs": 1, "batch_size": 1, "seed": s} for s in (seed, seed, seed + 1)]
    first, same, other = (submission.run(fitted, *arguments, chosen, True)["W"] for chosen in options)
    assert_close(same, first, what="W, trained from the same seed again")
    assert (other - first).abs().max() > 1e-6, "another seed visits the rows in the same order"


@pytest.mark.observed
@pytest.mark.needs("small_batches")
def test_every_row_once_in_a_new_order(submission, rng):
    """Every epoch trains on each row once, in batches of the size asked for, in an order of its own."""
    n, size = rng.integers(14, 20), 5
    X, y = torch.stack([torch.arange(float(n)), rng.normal(n)], dim=1), rng.integers(0, 2, n)
    seen = submission.run(visited, X, y, rng.normal(4, 2), rng.integers(0, 2, 4), size, 2)
    per_epoch = -(-n // size)
    sizes = [size] * (per_epoch - 1) + [n - size * (per_epoch - 1)]
    assert_equal([len(batch) for batch in seen], sizes * 2, what="sizes of the batches that the model was trained on")
    first, second = ([row for batch in part for row in batch] for part in (seen[:per_epoch], seen[per_epoch:]))
    for order in (first, second):
        assert_equal(sorted(order), [float(i) for i in range(n)], what="rows that an epoch visited, sorted")
    assert first != sorted(first), "the rows are visited in the order they come in"
    assert first != second, "both epochs visit the rows in the same order"


@pytest.mark.needs("small_batches", "stops_and_goes_back")
def test_defaults(submission, rng):
    """Without options there are 60 epochs at most, a patience of 5, a learning rate of 0.1 and batches of 32."""
    start, X, y, *_ = classification(rng, 40, 9)
    zeros = {name: 0 * value for name, value in start.items()}
    options = {"max_epochs": 60, "patience": 5, "lr": 0.1, "batch_size": 32, "seed": 0}
    for arguments in [(zeros, X, X.argmax(1), X, X.argmax(1)), (zeros, X, y, X, (y + 1) % 3)]:
        expected = submission.run(fitted, *arguments, options, True)
        assert_close(submission.run(fitted, *arguments, {}, True), expected, what="result without options")
