"""Public checks of ch03/fix_training_loop."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def trained(module, X, y, **options):
    """What train returns, what kinds of things these are, and X and y as they are afterwards."""
    w, b, losses = module.train(X, y, **options)
    kinds = sorted({"float" if isinstance(value, float) else type(value).__name__ for value in losses})
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


@pytest.mark.weight(2)
def test_one_step(submission):
    """From zeros, one step on the targets 1, 2 and 6 for the inputs 1, 0 and 2, given as a vector."""
    X, y = torch.tensor([[1.0], [0.0], [2.0]]), torch.tensor([1.0, 2.0, 6.0])
    # Residuals -1, -2, -6: the gradient is (-1 * 1 - 6 * 2) / 3 for w and -9 / 3 for b; the loss is 41 / 6.
    expected = {"w": torch.tensor([[1.3]]), "b": torch.tensor([0.9]), "losses": [41 / 6]}
    assert_close(numbers(submission.run(trained, X, y, lr=0.3, epochs=1)), expected, what="result")


@pytest.mark.weight(3)
@pytest.mark.needs("one_step")
def test_two_steps(submission, rng):
    """The second step starts from where the first one ended, with its own gradient alone."""
    X, y = rng.normal(8, 2), rng.normal(8, mean=2.0)
    assert_close(numbers(submission.run(trained, X, y, lr=0.2, epochs=2)), by_hand(X, y, 0.2, 2), what="result")


@pytest.mark.weight(2)
@pytest.mark.needs("one_step")
def test_a_column_of_targets(submission, rng):
    """Targets of shape [n, 1] give the same as targets of shape [n]."""
    X, y = rng.normal(8, 2), rng.normal(8, 1, mean=2.0)
    assert_close(numbers(submission.run(trained, X, y, lr=0.2, epochs=2)), by_hand(X, y, 0.2, 2), what="result")


@pytest.mark.needs("one_step")
def test_losses_are_numbers(submission, rng):
    """The losses are Python floats: a tensor would keep the whole graph of its epoch in memory."""
    X, y = rng.normal(6, 2), rng.normal(6, 1, mean=2.0)
    assert_equal(submission.run(trained, X, y, epochs=1)["kinds"], ["float"], what="types of the losses")


@pytest.mark.needs("one_step")
def test_results_carry_no_graph(submission, rng):
    """w and b come back as plain tensors, which do not require gradients."""
    X, y = rng.normal(6, 2), rng.normal(6, 1, mean=2.0)
    assert_equal(
        submission.run(trained, X, y, epochs=1)["graphs"], [False, False], what="w and b, requiring gradients?"
    )


@pytest.mark.needs("one_step")
def test_arguments_are_left_alone(submission, rng):
    """X and y have the same values and the same shape after the call."""
    X, y = rng.normal(6, 2), rng.normal(6, mean=2.0)
    assert_close(submission.run(trained, X, y, epochs=1)["arguments"], (X, y), what="(X, y) after the call")
