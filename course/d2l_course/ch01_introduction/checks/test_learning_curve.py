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
    X, y, X_test = torch.tensor([[5.0], [9.0]]), torch.tensor([0, 2]), torch.tensor([[0.5], [8.0]])
    assert_equal(submission.nearest_mean_predict(X, y, X_test, 4), torch.tensor([0, 2]), what="classes near 0 and 8")


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


@pytest.mark.needs("nearest_mean")
def test_classes_with_gaps(submission):
    """Classes may be missing from all training rows: what counts is the largest label."""
    X, y = torch.tensor([[0.0], [1.0], [5.0], [6.0]]), torch.tensor([1, 1, 4, 4])
    curve = submission.learning_curve(X, y, X, y, [4], 2, 0)
    assert_close(curve, torch.tensor([1.0]), what="curve")


@pytest.mark.needs("nearest_mean")
def test_subsets_without_repetition(submission):
    """Where every row has a class of its own, a subset of s of 20 rows reads just its own s rows."""
    X, y = torch.eye(20), torch.arange(20)
    curve = submission.learning_curve(X, y, X, y, [14, 9], 3, 5)
    assert_close(curve, torch.tensor([14 / 20, 9 / 20]), what="share of rows that are in the subset")


@pytest.mark.needs("nearest_mean")
def test_mean_of_the_repeats(submission):
    """One of three rows of class 0 and one of class 1, drawn 200 times, is right 62.5 % of the time."""
    X, y = torch.tensor([[0.0], [0.0], [0.0], [5.0]]), torch.tensor([0, 0, 0, 1])
    curve = submission.learning_curve(X, y, X, y, [1] * 6, 200, 5)
    # Three times out of four 3/4 of the rows, else 1/4; means over 200 draws are off by 0.015, these are five of them.
    assert_between(curve, [(0.55, 0.7)] * 6)


@pytest.mark.needs("more_rows_better_reading")
def test_seed_decides(submission, data):
    """The same seed gives the same curve, any other seed another one."""
    digits = data.digits()
    arguments = (*sorted_by_class(digits), digits.test_images, digits.test_labels, [10, 20, 30], 3)
    first, again = (submission.learning_curve(*arguments, 1) for _ in range(2))
    assert_close(again, first, what="curve for the same seed", trivial=True)
    for seed in (2, 9, 11, 101, 257, 1001):
        other = submission.learning_curve(*arguments, seed)
        assert (other != first).any(), f"the seeds 1 and {seed} give the same curve"


@pytest.mark.needs("seed_decides")
def test_seeds_share_no_subsets(submission, data):
    """The second subset of one seed is not the first of the next seed."""
    digits = data.digits()
    arguments = (*sorted_by_class(digits), digits.test_images, digits.test_labels, [12])
    one = [submission.learning_curve(*arguments, 1, seed).item() for seed in range(4)]
    both = [submission.learning_curve(*arguments, 2, seed).item() for seed in range(3)]
    shared = all(abs(2 * both[seed] - one[seed] - one[seed + 1]) < 1e-4 for seed in range(3))
    assert not shared, "the two subsets of seeds 0, 1 and 2 are just the first subsets of seeds 0 to 3"


@pytest.mark.needs("all_rows")
def test_refuses_impossible_sizes(submission, rng):
    """A size below 1, or one above the number of rows, is a ValueError that names it, wherever it stands."""
    X, y = rng.normal(12, 2), torch.arange(12) % 3
    for sizes, wrong in [([4, 0], "0"), ([4, 57], "57"), ([4, 13], "13"), ([57, 4], "57"), ([4, -2], "-2")]:
        assert_raises(ValueError, submission.learning_curve, X, y, X, y, sizes, 2, 0, mentions=(wrong,))
