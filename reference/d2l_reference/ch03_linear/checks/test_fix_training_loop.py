"""Hidden checks of ch03/fix_training_loop."""

import pytest
import torch
from d2l_kit.checks import assert_close, probe


@probe
def trained(module, X, y, **options):
    """What train returns, what kinds of things these are, and X and y as they are afterwards."""
    w, b, losses = module.train(X, y, **options)
    kinds = sorted({type(value).__name__ for value in losses})
    return {
        "w": w.detach(),
        "b": b.detach(),
        "losses": [float(value) for value in losses],
        "kinds": kinds,
        "graphs": [w.requires_grad, b.requires_grad],
        "arguments": (X, y),
    }


def by_hand(X, y, lr, epochs):
    """The same training, with the gradient from paper, in float64."""
    X, y = X.double(), y.double().reshape(-1, 1)
    w, b, losses = torch.zeros(X.shape[1], 1).double(), torch.zeros(1).double(), []
    for _ in range(epochs):
        residuals = X @ w + b - y
        losses.append((residuals**2).mean().item() / 2)
        w, b = w - lr * X.T @ residuals / len(X), b - lr * residuals.mean()
    return {"w": w.float(), "b": b.float(), "losses": losses}


def numbers(found):
    """The part of the answer that can be computed by hand."""
    return {key: found[key] for key in ("w", "b", "losses")}


@pytest.mark.weight(3)
@pytest.mark.needs("two_steps", "a_column_of_targets")
def test_twelve_steps(submission, rng):
    """Twelve steps, with one input and with several, give what the gradient on paper gives."""
    for n, d in [(40, 1), (100, 3), (1, 2)]:
        X, y = rng.normal(n, d), rng.uniform(n, low=1.0, high=3.0)
        for targets in (y, y[:, None]):
            found = submission.run(trained, X, targets, lr=0.02, epochs=12)
            assert_close(numbers(found), by_hand(X, y, 0.02, 12), what="result")


@pytest.mark.weight(2)
@pytest.mark.needs("two_steps")
def test_finds_the_line(submission, rng):
    """300 steps find the line behind the data; without options 50 steps of 0.1 are taken."""
    X, w, b = rng.normal(80, 3), rng.normal(3, 1, std=2.0), rng.normal(1, mean=2.0)
    y = X @ w + b
    found = submission.run(trained, X, y[:, 0], epochs=300)
    assert_close({"w": found["w"], "b": found["b"]}, {"w": w, "b": b}, rtol=0, atol=1e-3, what="trained parameters")
    assert_close(numbers(submission.run(trained, X, y)), by_hand(X, y, 0.1, 50), what="result without options")
