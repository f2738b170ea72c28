"""Hidden checks of ch01/knn_digits."""

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_equal, assert_raises, probe


@probe
def prediction_and_arguments(module, X_train, y_train, X_test, k):
    return module.knn_predict(X_train, y_train, X_test, k), X_train, y_train, X_test


@probe
def of_transposed(module, X_train, y_train, X_test, k):
    return module.knn_predict(X_train.t(), y_train, X_test.t(), k)


def oracle(X_train, y_train, X_test, k):
    distances = torch.cdist(X_test.double(), X_train.double(), compute_mode="donot_use_mm_for_euclid_dist")
    nearest = y_train[distances.topk(k, largest=False).indices]
    return torch.nn.functional.one_hot(nearest).sum(1).argmax(1)  # of equal counts, the first


def split(rng, data):
    """1000 digits to learn from and 400 others, drawn anew from the whole set."""
    digits = data.digits()
    X = torch.cat([digits.train_images, digits.test_images])
    y = torch.cat([digits.train_labels, digits.test_labels])
    train, test = rng.permutation(len(X))[:1400].split([1000, 400])
    return X[train], y[train], X[test], y[test]


@pytest.mark.weight(3)
@pytest.mark.needs("three_neighbours_vote")
def test_any_rows_and_any_k(submission, rng):
    """Rows of any length, any number of labels, any k up to all training rows."""
    for n, d, m, k in [(20, 2, 30, 1), (40, 5, 40, 4), (12, 1, 1, 7), (6, 3, 4, 6)]:
        y = rng.integers(0, 4, n)
        spread = 1.0 + 3.0 * (torch.arange(d) % 2)  # every second column counts for more
        X = rng.normal(n, d, dtype=torch.float64) * spread + 0.8 * y[:, None]
        X_test = 1.2 + 1.5 * rng.normal(m, d, dtype=torch.float64) * spread
        assert_equal(submission.knn_predict(X, y, X_test, k), oracle(X, y, X_test, k), what="labels")


@pytest.mark.needs("nearest_neighbour")
def test_one_neighbour_without_being_asked(submission, rng):
    """Without k one neighbour decides, also for labels that are far apart."""
    y = torch.tensor([90, 3, 41, 90, 3])
    X, X_test = rng.normal(5, 4), rng.normal(8, 4)
    assert_equal(submission.knn_predict(X, y, X_test), oracle(X, y, X_test, 1), what="labels")


@pytest.mark.weight(2)
def test_reads_another_split(submission, rng, data):
    """Other digits are read as well, with one neighbour and with three."""
    X, y, X_test, y_test = split(rng, data)
    for k in (1, 3):
        assert_accuracy(submission.knn_predict(X, y, X_test, k), y_test, at_least=0.95)


@pytest.mark.weight(2)
@pytest.mark.needs("reads_another_split")
def test_reads_pixels_of_one_byte(submission, rng, data):
    """Digits stored as uint8 from 0 to 255 are read no worse."""
    X, y, X_test, y_test = split(rng, data)
    X, X_test = (X * 15.9).to(torch.uint8), (X_test * 15.9).to(torch.uint8)
    found = submission.knn_predict(X, y, X_test, 3)
    assert_accuracy(found, y_test, at_least=0.95)
    assert_equal(found, submission.knn_predict(X.float(), y, X_test.float(), 3), what="labels for uint8 and for float")


@pytest.mark.needs("any_rows_and_any_k")
def test_transposed_arguments(submission, rng):
    """Rows that do not lie one after the other in memory, such as those of a transpose, are understood."""
    X, y, X_test = rng.normal(3, 20), rng.integers(0, 3, 20), rng.normal(3, 9)
    assert_equal(submission.run(of_transposed, X, y, X_test, 3), oracle(X.t(), y, X_test.t(), 3), what="labels")


@pytest.mark.needs("any_rows_and_any_k")
def test_arguments_are_left_alone(submission, rng):
    """Rows and labels are the same after the call."""
    X, y, X_test = rng.normal(20, 3), rng.integers(0, 3, 20), rng.normal(9, 3)
    found, *after = submission.run(prediction_and_arguments, X, y, X_test, 3)
    assert_equal(found, oracle(X, y, X_test, 3), what="labels")
    for name, was, now in zip(("X_train", "y_train", "X_test"), (X, y, X_test), after, strict=True):
        assert torch.equal(now, was), f"{name} was changed by the call"


@pytest.mark.needs("nearest_neighbour")
def test_refuses_a_k_just_out_of_range(submission, rng):
    """One more neighbour than there are rows, and a negative number of them, are refused as well."""
    X, y, X_test = rng.normal(8, 3), rng.integers(0, 3, 8), rng.normal(5, 3)
    assert_raises(ValueError, submission.knn_predict, X, y, X_test, 9, mentions=("9",))
    assert_raises(ValueError, submission.knn_predict, X, y, X_test, -2, mentions=("-2",))
