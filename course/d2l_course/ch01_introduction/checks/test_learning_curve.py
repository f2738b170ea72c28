"""Public checks of ch01/learning_curve."""

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_close, assert_equal, assert_raises, assert_shape


def sorted_by_class(digits):
    """The training digits as a file might hold them: all zeros first, then all ones, and so on."""
    order = digits.train_labels.argsort(stable=True)
    return digits.train_images[order], digits.train_labels[order]


def assert_between(curve, bounds):
    """Every accuracy in its range."""
    assert_shape(curve, (len(bounds),), what="curve")
    for value, (low, high) in zip(curve.tolist(), bounds, strict=True):
        assert low <= value <= high, f"the curve is {[round(v, 3) for v in curve.tolist()]}; expected within {bounds}"


@pytest.mark.weight(2)
def test_nearest_mean(submission):
    """Rows go to the class whose mean is nearest, not to the class of the nearest row."""
    X = torch.tensor([[0.0, 0.0], [4.0, 0.0], [5.0, 3.0], [9.0, 3.0], [0.0, 8.0]])
    y = torch.tensor([1, 1, 0, 0, 2])  # means: (2, 0) of class 1, (7, 3) of class 0, (0, 8) of class 2
    X_test = torch.tensor([[4.9, 1.0], [2.0, 3.0], [1.0, 6.0], [4.0, 2.9], [6.0, 6.5]])
    assert_equal(submission.nearest_mean_predict(X, y, X_test, 3), torch.tensor([0, 1, 2, 0, 0]), what="classes")


@pytest.mark.needs("nearest_mean")
def test_missing_classes_are_never_the_answer(submission, data):
    """Where the training rows hold three of ten classes, only these three come as answers."""
    digits = data.digits()
    some = (digits.train_labels == 2) | (digits.train_labels == 5) | (digits.train_labels == 6)
    X, y = digits.train_images[some], digits.train_labels[some]
    test = (digits.test_labels == 2) | (digits.test_labels == 5) | (digits.test_labels == 6)
    found = submission.nearest_mean_predict(X, y, digits.test_images[test], 10)
    assert_accuracy(found, digits.test_labels[test], at_least=0.9)
    everything = submission.nearest_mean_predict(X, y, digits.test_images, 10)
    assert_equal(sorted(set(everything.tolist())), [2, 5, 6], what="set of answers")


@pytest.mark.weight(3)
@pytest.mark.needs("nearest_mean")
def test_more_rows_better_reading(submission, data):
    """The curve rises: digits are read better after more of them were seen."""
    digits = data.digits()
    X, y = sorted_by_class(digits)
    curve = submission.learning_curve(X, y, digits.test_images, digits.test_labels, [5, 20, 100], 20, 3)
    assert_between(curve, [(0.18, 0.5), (0.5, 0.8), (0.8, 0.95)])


@pytest.mark.weight(2)
@pytest.mark.needs("nearest_mean")
def test_all_rows(submission, data):
    """Subsets that hold all rows give the accuracy of the whole training set, however often they are drawn."""
    digits = data.digits()
    X, y = sorted_by_class(digits)
    means = torch.stack([X[y == c].mean(dim=0) for c in range(10)])
    right = (torch.cdist(digits.test_images, means).argmin(dim=1) == digits.test_labels).float().mean()
    curve = submission.learning_curve(X, y, digits.test_images, digits.test_labels, [len(X), len(X)], 3, 0)
    assert_close(curve, torch.stack([right, right]), what="curve")


@pytest.mark.needs("more_rows_better_reading")
def test_seed_decides(submission, data):
    """The same seed gives the same curve, another seed another one."""
    digits = data.digits()
    arguments = (*sorted_by_class(digits), digits.test_images, digits.test_labels, [10, 30], 2)
    first, again, other = (submission.learning_curve(*arguments, seed) for seed in (1, 1, 2))
    assert_close(again, first, what="curve for the same seed", trivial=True)
    assert (other != first).any(), "two seeds give the same curve"


@pytest.mark.needs("all_rows")
def test_refuses_impossible_sizes(submission, rng):
    """A size of 0, or one above the number of rows, is a ValueError that names it."""
    X, y = rng.normal(12, 2), torch.arange(12) % 3
    assert_raises(ValueError, submission.learning_curve, X, y, X, y, [4, 0], 2, 0, mentions=("0",))
    assert_raises(ValueError, submission.learning_curve, X, y, X, y, [4, 57], 2, 0, mentions=("57",))
