"""Public checks of ch01/knn_digits."""

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_dtype, assert_equal, assert_raises


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float32)[:, None]


@pytest.mark.weight(2)
def test_nearest_neighbour(submission):
    """With k = 1 each row gets the label of the training row nearest to it."""
    X, y = column(0.0, 10.0, 4.0, -6.0), torch.tensor([3, 1, 8, 5])
    assert_equal(submission.knn_predict(X, y, column(9.0, 0.5, -20.0, 3.0, 6.0)), torch.tensor([1, 3, 5, 8, 8]))


@pytest.mark.needs("nearest_neighbour")
def test_distances_in_the_plane(submission):
    """Distances are Euclidean, whatever the spread of a column and however large a label."""
    X, y = torch.tensor([[3.0, 3.0], [0.0, 4.0], [103.0, 3.0], [105.0, 0.0]]), torch.tensor([1, 40, 2, 3])
    # (0, 0) is 4.24 from (3, 3) and 4 from (0, 4); (100, 0) is 4.24 from (103, 3) and 5 from (105, 0).
    X_test = torch.tensor([[0.0, 0.0], [100.0, 0.0]])
    assert_equal(submission.knn_predict(X, y, X_test), torch.tensor([40, 2]))


@pytest.mark.weight(2)
@pytest.mark.needs("nearest_neighbour")
def test_three_neighbours_vote(submission):
    """With k = 3 the label that most of the three neighbours carry is the answer."""
    X, y = column(0.0, 1.0, 2.1, 10.0, 11.0, 12.1), torch.tensor([2, 9, 9, 4, 4, 0])
    # The nearest row alone would say 2 for the first; the mean label of its three neighbours is 6.67.
    assert_equal(submission.knn_predict(X, y, column(0.4, 12.0, 5.0), 3), torch.tensor([9, 4, 9]))


@pytest.mark.needs("three_neighbours_vote")
def test_a_tie_goes_to_the_smallest_label(submission):
    """Where labels have equally many votes, the smallest of them is the answer, not the nearest."""
    X, y = column(0.0, 1.0, 2.1, 3.3), torch.tensor([9, 2, 6, 4])
    # Nearest first, the votes are 9, 2, 6 and 4, 6, 2: no label has more than one.
    assert_equal(submission.knn_predict(X, y, column(0.2, 3.0), 3), torch.tensor([2, 2]))
    assert_equal(submission.knn_predict(X, y, column(2.3, 0.1), 4), torch.tensor([2, 2]))
    assert_equal(submission.knn_predict(X, torch.tensor([5, 9, 9, 5]), column(1.9), 4), torch.tensor([5]))


@pytest.mark.needs("nearest_neighbour")
def test_small_differences(submission):
    """Rows are compared as they are, to the last digit of float32, and not stretched."""
    X, y = column(0.0, 2.0), torch.tensor([3, 1])
    assert_equal(submission.knn_predict(X, y, column(1.0004, 0.9996)), torch.tensor([1, 3]))
    assert_equal(submission.knn_predict(X, y, column(0.9, 0.1)), torch.tensor([3, 3]))


@pytest.mark.needs("nearest_neighbour")
def test_half_precision(submission):
    """float16 rows get the answers of the same numbers in float32, though their squares may be too large for it."""
    X, y, X_test = column(-300.0, -280.0, 290.0), torch.tensor([3, 1, 2]), column(0.0, 10.0, -291.0)
    assert_equal(submission.knn_predict(X.half(), y, X_test.half()), torch.tensor([1, 2, 3]))


@pytest.mark.needs("nearest_neighbour")
def test_labels_are_whole_numbers(submission):
    """The answer is int64, as labels are."""
    found = submission.knn_predict(column(0.0, 10.0), torch.tensor([3, 1]), column(9.0, 0.5))
    assert_equal(found, torch.tensor([1, 3]))
    assert_dtype(found, torch.int64)


@pytest.mark.weight(2)
@pytest.mark.needs("nearest_neighbour")
def test_pixels_of_one_byte(submission):
    """uint8 pixels are understood: what lies far below is as far as what lies far above."""
    X = torch.tensor([[200, 0], [40, 90], [0, 255]], dtype=torch.uint8)
    X_test = torch.tensor([[230, 30], [60, 70], [16, 250], [20, 110], [100, 40]], dtype=torch.uint8)
    y = torch.tensor([1, 2, 3])
    assert_equal(submission.knn_predict(X, y, X_test), torch.tensor([1, 2, 3, 2, 2]))
    assert_equal(submission.knn_predict(X.float(), y, X_test.float()), torch.tensor([1, 2, 3, 2, 2]))


@pytest.mark.weight(2)
def test_reads_digits(submission, data):
    """More than 95 % of 360 digits that it has never seen are read correctly."""
    digits = data.digits()
    found = submission.knn_predict(digits.train_images, digits.train_labels, digits.test_images, 3)
    assert_accuracy(found, digits.test_labels, at_least=0.95)


@pytest.mark.needs("nearest_neighbour")
def test_refuses_an_impossible_k(submission):
    """A k below 1 or above the number of training rows is a ValueError that names it."""
    X, y = column(0.0, 1.0, 2.1), torch.tensor([0, 1, 1])
    assert_raises(ValueError, submission.knn_predict, X, y, X, 0, mentions=("0",))
    assert_raises(ValueError, submission.knn_predict, X, y, X, 17, mentions=("17",))
    assert_raises(ValueError, submission.knn_predict, X, y, X, -2, mentions=("-2",))
