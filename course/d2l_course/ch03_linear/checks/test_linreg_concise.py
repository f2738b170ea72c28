"""Public checks of ch03/linreg_concise."""

from itertools import permutations

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe
from torch import nn


@probe
def made(module, num_inputs, X, *seed):
    """A new model: its linear layers, its parameters, and what it answers."""
    model = module.make_model(num_inputs, *seed)
    layers = [m for m in model.modules() if isinstance(m, nn.Linear)]
    parameters = {
        "w": layers[0].weight.detach(),
        "b": layers[0].bias if layers[0].bias is None else layers[0].bias.detach(),
    }
    sizes = sorted(tuple(p.shape) for p in model.parameters())
    return {"layers": len(layers), "sizes": sizes, **parameters, "answers": model(X).detach()}


@probe
def trained(module, X, y, X_new, **options):
    """The parameters of a trained model, and what it answers."""
    model = module.fit_concise(X, y, **options)
    (layer,) = [m for m in model.modules() if isinstance(m, nn.Linear)]
    return {"w": layer.weight.detach(), "b": layer.bias.detach(), "answers": model(X_new).detach()}


@probe
def answers_with(module, X, w, b):
    """What a model with these parameters answers."""
    model = module.make_model(X.shape[1])
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(w if p.dim() == 2 else b)
    return model(X).detach()


@probe
def start_and_end(module, X, y, seeds):
    """For each seed the parameters before and after two epochs with one row in each batch."""

    def parameters(model):
        (layer,) = [m for m in model.modules() if isinstance(m, nn.Linear)]
        return layer.weight.detach(), layer.bias.detach()

    return [
        (
            parameters(module.make_model(X.shape[1], seed)),
            parameters(module.fit_concise(X, y, lr=0.1, batch_size=1, epochs=2, seed=seed)),
        )
        for seed in seeds
    ]


def stepped(w, b, batches, lr):
    """The parameters after a step on each batch, with the gradient from paper."""
    for X, y in batches:
        step = 2 * (X @ w.T + b - y) / len(X)
        w, b = w - lr * step.T @ X, b - lr * step.sum(0)
    return w, b


@pytest.mark.weight(2)
def test_one_linear_layer(submission, rng):
    """The model is one linear layer: it answers X w + b, negative numbers as well."""
    X, w, b = rng.normal(6, 3), rng.normal(1, 3), torch.tensor([-1.5])
    assert_close(submission.run(answers_with, X, w, b), X @ w.T + b, what="answers")


@pytest.mark.needs("one_linear_layer")
def test_first_parameters(submission, rng):
    """There is one nn.Linear; its weight is drawn with deviation 0.01, its bias is 0."""
    found = submission.run(made, 2000, rng.normal(2, 2000))
    assert_equal(found["layers"], 1, what="number of linear layers")
    assert_equal(found["sizes"], [(1,), (1, 2000)], what="shapes of the parameters")
    assert_close(found["w"].mean(), torch.tensor(0.0), atol=0.003, trivial=True, what="mean of the weight")
    assert_close(found["w"].std(), torch.tensor(0.01), rtol=0.2, what="deviation of the weight")
    far = (found["w"].abs() > 0.02).float().mean()
    assert_close(far, torch.tensor(0.0455), atol=0.03, what="share of normal weights beyond two deviations")
    assert_close(found["b"], torch.zeros(1), trivial=True, what="bias")


@pytest.mark.weight(2)
@pytest.mark.needs("one_linear_layer")
def test_one_full_batch(submission, rng):
    """One epoch with all rows in one batch is one step along the gradient of the mean squared error."""
    X, y = rng.normal(20, 3), rng.normal(20, 1, mean=2.0)
    start = submission.run(made, 3, X, 4)
    step = 2 * (start["answers"] - y) / 20
    expected = {"w": start["w"] - 0.1 * step.T @ X, "b": start["b"] - 0.1 * step.sum(0)}
    expected["answers"] = X @ expected["w"].T + expected["b"]
    found = submission.run(trained, X, y, X, lr=0.1, batch_size=20, epochs=1, seed=4)
    assert_close(found, expected, what="model after one step")


@pytest.mark.needs("one_full_batch")
def test_a_smaller_last_batch(submission, rng):
    """Seven equal rows in batches of 3 are three steps an epoch, the last one on a single row."""
    x, y = rng.normal(1, 3), torch.tensor([[3.0]])
    start = submission.run(made, 3, x, 5)
    w, b = stepped(start["w"], start["b"], [(x, y)] * 3, 0.05)
    found = submission.run(trained, x.repeat(7, 1), y.repeat(7, 1), x, lr=0.05, batch_size=3, epochs=1, seed=5)
    assert_close({"w": found["w"], "b": found["b"]}, {"w": w, "b": b}, what="parameters after three steps")


@pytest.mark.needs("one_full_batch")
def test_a_new_order_in_every_epoch(submission, rng):
    """Every epoch visits the rows in an order of its own."""
    X, y = rng.normal(4, 3), rng.normal(4, 1, mean=2.0)
    orders = []  # for each seed, those that both epochs may have had
    for (w, b), (end, _) in submission.run(start_and_end, X, y, list(range(6))):
        ends = {p: stepped(w, b, [(X[[i]], y[[i]]) for i in p * 2], 0.1)[0] for p in permutations(range(4))}
        orders.append([p for p, expected in ends.items() if (expected - end).abs().max() < 1e-5])
    assert not all((0, 1, 2, 3) in same for same in orders), "the rows are not shuffled: they come in the order of X"
    assert not all(orders), "the second epoch visits the rows in the same order as the first"


@pytest.mark.weight(3)
@pytest.mark.needs("one_full_batch")
def test_finds_the_line(submission, rng):
    """Five epochs over 1000 noisy rows find the line behind them."""
    X, w, b = rng.normal(1000, 2), torch.tensor([[2.0, -3.4]]), torch.tensor([4.2])
    y = X @ w.T + b + rng.normal(1000, 1, std=0.01)
    found = submission.run(trained, X, y, X[:5], lr=0.03, batch_size=32, epochs=5)
    assert_close(found["w"], w, rtol=0, atol=0.01, what="trained weight")
    assert_close(found["b"], b, rtol=0, atol=0.02, what="trained bias")
    assert_close(found["answers"], X[:5] @ w.T + b, rtol=0, atol=0.1, what="answers of the trained model")
