"""Public checks of ch01/perceptron."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def learned(module, X, y, max_epochs):
    """Weights, bias and number of updates, the last two as plain numbers."""
    w, b, updates = module.perceptron(X, y, max_epochs)
    return w, float(b), int(updates)


@pytest.mark.weight(3)
def test_worked_example(submission):
    """Three rows in the plane give the updates worked out by hand."""
    X, y = torch.tensor([[-1.0, 2.0], [0.0, 0.0], [0.0, -1.0]]), torch.tensor([1, -1, -1])
    # Epoch 1: score 0, so w = (-1, 2) and b = 1; score 1 is wrong, so b = 0; score -2 is right.
    # Epoch 2: score 5 is right; score 0 is wrong, so b = -1; score -3 is right. Epoch 3 changes nothing.
    assert_close(submission.run(learned, X, y, 10), (torch.tensor([-1.0, 2.0]), -1.0, 3), what="w, b, updates")


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_separates_what_is_hard_to_separate(submission):
    """Points far from the middle, and close to each other, end on their sides of the line: it takes many epochs."""
    corner = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    X, y = torch.cat([5.0 + corner, 4.5 - corner]), torch.tensor([1, 1, 1, -1, -1, -1])
    w, b, updates = submission.run(learned, X, y, 5000)
    wrong = int((y * (X @ w + b) <= 0).sum())
    assert wrong == 0, f"{wrong} of 6 points are on the wrong side of the line w·x + b = 0"
    assert updates > 0, "no updates were counted"


@pytest.mark.weight(2)
def test_gives_up_where_no_line_separates(submission):
    """XOR is separated by no line: after max_epochs epochs learning ends."""
    X, y = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]), torch.tensor([-1, -1, 1, 1])
    assert_close(submission.run(learned, X, y, 1), (torch.tensor([1.0, 1.0]), 1.0, 3), what="w, b, updates")
    assert_equal(submission.run(learned, X, y, 25)[2], 99, what="number of updates in 25 epochs")


@pytest.mark.needs("worked_example")
def test_refuses_other_labels(submission, rng):
    """Labels 0 and 1 are a ValueError that names the 0: a label of 0 would never change anything."""
    X = rng.normal(4, 3)
    assert_raises(ValueError, submission.perceptron, X, torch.tensor([1, 0, 0, 1]), 5, mentions=("0",))
