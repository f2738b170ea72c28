"""Public checks of ch01/perceptron."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def learned(module, X, y, max_epochs):
    """Weights, bias and number of updates, the last two as plain numbers."""
    w, b, updates = module.perceptron(X, y, max_epochs)
    return w, float(b), int(updates)


@probe
def axes_of_the_bias(module, X, y):
    b = module.perceptron(X, y, 10)[1]
    return list(getattr(b, "shape", ()))


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


@pytest.mark.needs("worked_example")
def test_a_score_just_above_zero_is_right(submission):
    """However little a score is above 0 (or below, for -1), the row is on the right side."""
    X, y = torch.tensor([[2.0**-12], [0.0], [2.0**-12]]), torch.tensor([1, -1, 1])
    # w = 2^-12 and b = 1; then 1 is wrong for the second row, so b = 0; the third score is 2^-24, which is right.
    assert_close(submission.run(learned, X, y, 1), (X[0], 0.0, 2), what="w, b, updates", atol=1e-6, trivial=True)


@pytest.mark.needs("separates_what_is_hard_to_separate")
def test_takes_as_many_epochs_as_it_takes(submission):
    """Two numbers that are close to each other and far from 0 take 1966 epochs."""
    found = submission.run(learned, torch.tensor([[20.0], [19.5]]), torch.tensor([1, -1]), 5000)
    assert_close(found, (torch.tensor([2.5]), -49.0, 3881), what="w, b, updates")


@pytest.mark.needs("worked_example")
def test_the_bias_has_no_axes(submission):
    """The bias is a number, or a tensor without axes."""
    axes = submission.run(axes_of_the_bias, torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([1, -1]))
    assert_equal(axes, [], what="axes of the bias")


@pytest.mark.weight(2)
def test_gives_up_where_no_line_separates(submission):
    """XOR is separated by no line: after max_epochs epochs learning ends."""
    X, y = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]), torch.tensor([-1, -1, 1, 1])
    assert_close(submission.run(learned, X, y, 1), (torch.tensor([1.0, 1.0]), 1.0, 3), what="w, b, updates")
    assert_equal(submission.run(learned, X, y, 25)[2], 99, what="number of updates in 25 epochs")


@pytest.mark.needs("worked_example")
def test_three_columns_of_double_precision(submission):
    """Rows may have any length, w has their dtype, and without an epoch nothing is learned."""
    X, y = torch.tensor([[1.0, 0.0, 2.0], [1.0, 0.0, -2.0]], dtype=torch.float64), torch.tensor([1, -1])
    # The first row turns the line once; the second then has a score of -2, which is right.
    w = torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)
    assert_close(submission.run(learned, X, y, 7), (w, 1.0, 1), what="w, b, updates", dtype=True)
    assert_close(submission.run(learned, X, y, 0), (0 * w, 0.0, 0), what="w, b, updates without an epoch", trivial=True)


@pytest.mark.needs("worked_example")
def test_labels_of_another_dtype(submission):
    """w has the dtype of X, not that of the labels."""
    X, y = torch.tensor([[1.0, 2.0], [1.0, -2.0]]), torch.tensor([1.0, -1.0], dtype=torch.float64)
    for labels in (y, y.long()):
        w = submission.run(learned, X, labels, 7)[0]
        assert_close(w, torch.tensor([1.0, 2.0]), what="w", dtype=True)


@pytest.mark.needs("worked_example")
def test_refuses_other_labels(submission, rng):
    """Labels 0 and 1 are a ValueError that names the 0: a label of 0 would never change anything."""
    X = rng.normal(4, 3)
    for y in ([0, 1, 0, 1], [1, 0, 0, 1]):
        assert_raises(ValueError, submission.perceptron, X, torch.tensor(y), 5, mentions=("0",))


@pytest.mark.needs("worked_example")
def test_refuses_labels_of_other_sizes(submission, rng):
    """A label of 3, or of one half, is a ValueError that names it, wherever it stands."""
    X = rng.normal(4, 3)
    for y, label in [([3.0, 1.0, -1.0, 1.0], "3"), ([0.5, 1.0, -1.0, 1.0], "0.5"), ([1.0, -1.0, 1.0, -2.0], "-2")]:
        assert_raises(ValueError, submission.perceptron, X, torch.tensor(y), 5, mentions=(label,))
    assert_raises(ValueError, submission.perceptron, X, torch.tensor([1.0, 1.25, -1.0, 1.0]), 5, mentions=("1.25",))


@pytest.mark.needs("refuses_other_labels")
def test_looks_at_labels_first(submission):
    """Labels are looked at before anything is learned: also without an epoch, and for a row that changes nothing."""
    X = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    for epochs in (0, 1):
        assert_raises(ValueError, submission.perceptron, X, torch.tensor([1, 3]), epochs, mentions=("3",))
