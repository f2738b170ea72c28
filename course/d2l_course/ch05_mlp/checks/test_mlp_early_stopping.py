"""Public checks of ch05/mlp_early_stopping."""

import math

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_close, assert_equal, assert_raises, assert_shape, probe
from torch import nn
from torch.nn import functional as F


@probe
def followed(module, losses, patience, min_delta):
    """What step answers to one loss after another, and what is best afterwards."""
    stopper, model = module.EarlyStopping(patience, min_delta), nn.Linear(2, 1)
    stops = [stopper.step(loss, model) for loss in losses]
    return {"stops": stops, "best": stopper.best, "best_epoch": stopper.best_epoch}


@probe
def restored(module, losses):
    """Weights and buffers after restore. In epoch i they all were i + 1; after the last epoch they became 99."""
    stopper, model = module.EarlyStopping(5), nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))

    def become(number):
        for tensor in (*model.parameters(), model[1].running_mean):
            tensor.data.fill_(number)

    for i, loss in enumerate(losses):
        become(i + 1.0)
        stopper.step(loss, model)
    become(99.0)
    stopper.restore(model)
    return {
        "weight": model[0].weight.detach(),
        "bias": model[0].bias.detach(),
        "running_mean": model[1].running_mean,
        "best_epoch": stopper.best_epoch,
    }


@probe
def restored_at_once(module):
    module.EarlyStopping(2).restore(nn.Linear(2, 1))


@probe
def built(module, X, num_outputs, options):
    """The layers of a new network, in words; its linear layers' parameters; what it answers in evaluation mode."""
    model = module.build_mlp(X[0].numel(), num_outputs, **options)
    layers, parameters = [], []
    for layer in (m for m in model.modules() if not list(m.children())):
        words = [type(layer).__name__]
        if isinstance(layer, nn.Linear):
            words.append(f"{layer.in_features} -> {layer.out_features}")
            parameters.append((layer.weight.detach(), layer.bias.detach()))
        if isinstance(layer, nn.Dropout):
            words.append(f"{layer.p:.3g}")
        layers.append(" ".join(words))
    answers = model.eval()(X).detach()
    return {"kind": isinstance(model, nn.Sequential), "layers": layers, "parameters": parameters, "answers": answers}


@probe
def fitted(module, start, X, y, X_val, y_val, options):
    """Train a linear model whose logits are halved in evaluation mode, so that the modes tell in the numbers."""

    class TwoFaced(nn.Module):
        def __init__(self):
            super().__init__()
            self.W, self.b = nn.Parameter(start["W"].clone()), nn.Parameter(start["b"].clone())

        def forward(self, X):
            out = X @ self.W + self.b
            return out if self.training else out / 2

    model = TwoFaced()
    history = module.fit(model, X, y, X_val, y_val, **options)
    return {"history": history, "W": model.W.detach(), "b": model.b.detach(), "training": model.training}


@probe
def kinds_of_losses(module, X, y, X_val, y_val):
    """What the losses are, in words: "float" for every kind of float."""
    history = module.fit(nn.Linear(3, 3).double(), X, y, X_val, y_val, max_epochs=2)
    return ["float" if isinstance(loss, float) else type(loss).__name__ for loss in history]


@probe
def fitted_with_old_gradients(module, start, X, y, lr):
    """The parameters of a linear model after one step on all rows, where each has a gradient of ones from before."""
    model = nn.Linear(len(start["W"]), len(start["b"])).double()
    with torch.no_grad():
        model.weight.copy_(start["W"].T)
        model.bias.copy_(start["b"])
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    module.fit(model, X, y, X, y, max_epochs=1, lr=lr, batch_size=len(X))
    return {"W": model.weight.detach().T, "b": model.bias.detach()}


@probe
def modes(module, X, y, X_val, y_val):
    """Modes in which the model was called, the same twice in a row counted once; and how many rows it trained on."""
    seen, rows = [], []

    class Recorder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, X):
            mode = "training" if self.training else "evaluation"
            seen.append(f"{mode} mode, gradients {'on' if torch.is_grad_enabled() else 'off'}")
            if self.training:
                rows.append(len(X))
            return self.layer(X)

    module.fit(Recorder(), X, y, X_val, y_val, max_epochs=3, batch_size=4)
    return [mode for i, mode in enumerate(seen) if i == 0 or mode != seen[i - 1]], rows


@probe
def read_digits(module, X, y, X_val, y_val, X_test):
    """Train and answer, in whatever mode the training has left the model."""
    model = module.build_mlp(64, 10)
    history = module.fit(model, X, y, X_val, y_val, max_epochs=16, lr=0.3)
    return {"history": history, "val": model(X_val).detach(), "test": model(X_test).detach()}


def trained_by_hand(start, X, y, X_val, y_val, steps, max_epochs, patience, lr):
    """The same training with all rows in each of an epoch's steps: what `fitted` should answer."""
    W, b, history, best = start["W"], start["b"], [], {}
    for _ in range(max_epochs):
        for _ in range(steps):
            W, b = W.clone().requires_grad_(), b.clone().requires_grad_()
            dW, db = torch.autograd.grad(F.cross_entropy(X @ W + b, y), (W, b))
            W, b = (W - lr * dW).detach(), (b - lr * db).detach()
        history.append(F.cross_entropy((X_val @ W + b) / 2, y_val).item())
        if history[-1] == min(history):
            best = {"W": W, "b": b}
        if len(history) - 1 - history.index(min(history)) >= patience:
            break
    return {"history": history, **best}


def classification(rng, n, m, d=3, c=3):
    """A first model, rows to train on and rows to validate on; in float64, so that no rounding decides what is best."""
    start = {"W": rng.normal(d, c, dtype=torch.float64), "b": rng.normal(c, dtype=torch.float64)}
    X, X_val = rng.normal(n, d, dtype=torch.float64), rng.normal(m, d, dtype=torch.float64)
    return start, X, rng.integers(0, c, n), X_val, rng.integers(0, c, m)


@pytest.mark.weight(2)
def test_stops_after_patience(submission):
    """step says stop after so many epochs in a row without a new best loss; the same loss again is no progress."""
    found = submission.run(followed, [5.0, 4.0, 4.5, 3.0, 3.0, 3.5, 3.25, 3.75], 4, 0.0)
    assert_equal(found["stops"], [False] * 7 + [True], what="answers to the losses")
    assert_equal(found["best"], 3.0, what="best loss")
    assert_equal(found["best_epoch"], 3, what="number of the best epoch")
    found = submission.run(followed, [2.0, 1.0, 1.5], 1, 0.0)
    assert_equal(found["stops"], [False, False, True], what="answers to the losses")


@pytest.mark.needs("stops_after_patience")
def test_min_delta(submission):
    """Progress must be larger than min_delta, measured from the best loss, not from the last one."""
    found = submission.run(followed, [2.0, 1.875, 1.75, 1.625, 1.5, 1.4375, 1.5], 3, 0.25)
    assert_equal(found["stops"], [False] * 6 + [True], what="answers to the losses")
    assert_equal((found["best"], found["best_epoch"]), (1.625, 3), what="(best, best_epoch)")


@pytest.mark.needs("stops_after_patience")
def test_nan_is_no_progress(submission):
    """NaN counts as an epoch without progress, also as the very first loss, and so does infinity."""
    found = submission.run(followed, [math.nan, 2.0, math.nan, 1.5, math.nan, math.nan], 2, 0.0)
    assert_equal(found["stops"], [False] * 5 + [True], what="answers to the losses")
    assert_equal((found["best"], found["best_epoch"]), (1.5, 3), what="(best, best_epoch)")
    found = submission.run(followed, [math.inf, 2.0, math.inf, math.nan], 2, 0.0)
    assert_equal(found["stops"], [False] * 3 + [True], what="answers to the losses")


@pytest.mark.weight(2)
@pytest.mark.needs("stops_after_patience")
def test_restores_the_best_weights(submission):
    """restore brings back weights and buffers of the best epoch, although the model has changed in place since."""
    found = submission.run(restored, [3.0, 1.0, 2.0])
    two = torch.full((1,), 2.0)
    expected = {"weight": two.expand(1, 2), "bias": two, "running_mean": two, "best_epoch": 1}
    assert_close(found, expected, what="model after restore")


@pytest.mark.needs("stops_after_patience")
def test_refuses_what_makes_no_sense(submission):
    """patience 0 is a ValueError that names it; restore before any step is a RuntimeError."""
    assert_raises(ValueError, submission.run, followed, [1.0], 0, 0.0, mentions=("0",))
    assert_raises(RuntimeError, submission.run, restored_at_once)


@pytest.mark.weight(2)
def test_layers(submission, rng):
    """The layers are the right ones in the right order, with the right sizes, and give the right answers."""
    X = rng.normal(5, 1, 3, 4)
    cases = [({"hiddens": (7, 6), "p": 0.3}, (7, 6), 0.3), ({}, (64,), 0.2)]
    for options, hiddens, p in cases:
        found = submission.run(built, X, 4, options)
        sizes, expected = (12, *hiddens, 4), ["Flatten"]
        for i, o in zip(sizes, sizes[1:-1], strict=False):
            expected += [f"Linear {i} -> {o}", "ReLU", f"Dropout {p}"]
        assert_equal(found["layers"], [*expected, f"Linear {sizes[-2]} -> 4"], what="list of layers")
        assert found["kind"], "build_mlp should return an nn.Sequential"
        (*hidden, (W, b)), out = found["parameters"], X.flatten(1)
        for V, a in hidden:
            out = torch.relu(out @ V.T + a)
        assert_close(found["answers"], out @ W.T + b, what="answers in evaluation mode")


@pytest.mark.weight(2)
def test_trains_and_validates(submission, rng):
    """With all rows in one batch, fit takes a step an epoch, and keeps the weights that validate best."""
    arguments = classification(rng, 12, 8)
    options = {"max_epochs": 4, "patience": 4, "lr": 0.3, "batch_size": 12}
    expected = trained_by_hand(*arguments, 1, 4, 4, 0.3)
    found = submission.run(fitted, *arguments, options)
    assert_close({key: found[key] for key in expected}, expected, what="result")
    assert not found["training"], "fit should leave the model in evaluation mode, not in training mode"


@pytest.mark.needs("trains_and_validates")
def test_losses_are_floats(submission, rng):
    """The validation losses are Python floats, and not tensors."""
    for kind in submission.run(kinds_of_losses, *classification(rng, 6, 5)[1:]):
        assert kind == "float", f"each loss should be a Python float, but one is a {kind}"


@pytest.mark.needs("trains_and_validates")
def test_old_gradients_do_not_count(submission, rng):
    """Gradients that earlier work has left on the parameters make no difference."""
    start, X, y, *_ = classification(rng, 9, 5)
    found = submission.run(fitted_with_old_gradients, start, X, y, 0.1)
    expected = trained_by_hand(start, X, y, X, y, 1, 1, 1, 0.1)
    assert_close(found, {name: expected[name] for name in ("W", "b")}, what="parameters after one step")


@pytest.mark.weight(2)
@pytest.mark.needs("trains_and_validates")
def test_small_batches(submission, rng):
    """Each batch takes a step of its own, the last and smaller one included; all validation rows count alike."""
    # All rows to train on are alike, so that their order does not matter: 10 rows in batches of 4 are three steps.
    start, X, y, X_val, y_val = classification(rng, 1, 7)
    options = {"max_epochs": 3, "patience": 3, "lr": 0.1, "batch_size": 4}
    expected = trained_by_hand(start, X, y, X_val, y_val, 3, 3, 3, 0.1)
    found = submission.run(fitted, start, X.repeat(10, 1), y.repeat(10), X_val, y_val, options)
    assert_close({key: found[key] for key in expected}, expected, what="result")


@pytest.mark.weight(2)
@pytest.mark.needs("trains_and_validates")
def test_stops_and_goes_back(submission, rng):
    """Where validation gets worse, training ends after `patience` more epochs; the best weights always come back."""
    start, noise, *_ = classification(rng, 10, 6)
    # Each label has rows of its own kind. What is learned from them is wrong, from the first epoch on, to validate on:
    # the very same rows, with the labels moved on by one.
    y = torch.arange(10) % 3
    X = 2 * torch.eye(3, dtype=torch.float64)[y] + 0.2 * noise
    arguments = {"W": 0 * start["W"], "b": 0 * start["b"]}, X, y, X, (y + 1) % 3
    for patience, max_epochs in [(2, 30), (4, 30), (9, 4)]:
        expected = trained_by_hand(*arguments, 1, max_epochs, patience, 0.3)
        options = {"max_epochs": max_epochs, "patience": patience, "lr": 0.3, "batch_size": 10}
        found = submission.run(fitted, *arguments, options)
        assert_close({key: found[key] for key in expected}, expected, what="result")


@pytest.mark.needs("stops_and_goes_back")
def test_little_progress_is_progress(submission, rng):
    """A validation loss that falls slowly is a new lowest one in every epoch: training goes on."""
    start, X, y, *_ = classification(rng, 9, 6)
    arguments = {"W": 0 * start["W"], "b": 0 * start["b"]}, X, y, X, y
    options = {"max_epochs": 6, "patience": 2, "lr": 1e-5, "batch_size": 9}
    found = submission.run(fitted, *arguments, options)
    assert_equal(len(found["history"]), 6, what="number of epochs")
    assert_close(found["W"], trained_by_hand(*arguments, 1, 6, 2, 1e-5)["W"], atol=1e-12, what="trained W")


@pytest.mark.observed
@pytest.mark.needs("trains_and_validates")
def test_modes_are_switched(submission, rng):
    """Every epoch trains in training mode, batch by batch, and validates in evaluation mode without gradients."""
    X, y, X_val, y_val = rng.normal(10, 2), rng.integers(0, 2, 10), rng.normal(6, 2), rng.integers(0, 2, 6)
    seen, rows = submission.run(modes, X, y, X_val, y_val)
    epoch = ["training mode, gradients on", "evaluation mode, gradients off"]
    assert_equal(seen, epoch * 3, what="sequence of modes")
    assert_equal(rows, [4, 4, 2] * 3, what="sizes of the batches that the model was trained on")


@pytest.mark.weight(3)
@pytest.mark.needs("layers")
def test_learns_to_read_digits(submission, data):
    """At least 92 % of unseen digits are read correctly, with the weights that validated best."""
    digits = data.digits()
    X, X_test = (images.reshape(-1, 1, 8, 8) / 16 for images in (digits.train_images, digits.test_images))
    y, val = digits.train_labels, slice(1200, None)
    found = submission.run(read_digits, X[:1200], y[:1200], X[val], y[val], X_test)
    assert_shape(found["test"], (len(X_test), 10), what="logits")
    assert_accuracy(found["test"].argmax(1), digits.test_labels, at_least=0.92)
    assert_close(F.cross_entropy(found["val"], y[val]), min(found["history"]), what="validation loss after fit")
