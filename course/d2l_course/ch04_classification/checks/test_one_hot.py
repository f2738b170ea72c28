"""Public checks of ch04/one_hot."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_raises


@pytest.mark.weight(2)
def test_three_labels(submission):
    """The labels 2, 0 and 1 of three classes, as float32 vectors."""
    expected = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert_close(submission.one_hot(torch.tensor([2, 0, 1]), 3), expected, dtype=True)


@pytest.mark.weight(2)
@pytest.mark.needs("three_labels")
def test_width_is_the_number_of_classes(submission):
    """The vectors have num_classes entries, also when the last classes do not occur."""
    expected = torch.tensor([[0.0, 1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]])
    assert_close(submission.one_hot(torch.tensor([1, 0]), 5), expected)


@pytest.mark.weight(2)
@pytest.mark.needs("three_labels")
def test_labels_without_axes_and_in_a_table(submission, rng):
    """A single label gives one vector, [C]; a table of labels, [2, 3], gives [2, 3, C]."""
    assert_close(submission.one_hot(torch.tensor(1), 3), torch.tensor([0.0, 1.0, 0.0]))
    y = rng.integers(0, 4, 2, 3)
    assert_close(submission.one_hot(y, 4), torch.nn.functional.one_hot(y, 4).float())


@pytest.mark.needs("three_labels")
def test_labels_of_other_dtypes(submission):
    """Labels may come in any whole-number dtype: uint8, as in files of images, also with 300 classes."""
    expected = torch.tensor([[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]])
    assert_close(submission.one_hot(torch.tensor([3, 0], dtype=torch.uint8), 4), expected)
    wide = torch.zeros(2, 300)
    wide[0, 255] = wide[1, 1] = 1.0
    assert_close(submission.one_hot(torch.tensor([255, 1], dtype=torch.uint8), 300), wide)


@pytest.mark.weight(2)
def test_back_to_labels(submission):
    """from_one_hot says where the 1 is, as int64."""
    Y = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    assert_close(submission.from_one_hot(Y), torch.tensor([2, 0, 2, 1]), dtype=True)


@pytest.mark.needs("three_labels")
def test_refuses_labels_that_are_no_class(submission):
    """Labels below 0, such as -1, and above C - 1 are a ValueError that names the label."""
    assert_raises(ValueError, submission.one_hot, torch.tensor([0, -1, 2]), 3, mentions=("-1",))
    assert_raises(ValueError, submission.one_hot, torch.tensor([0, 1, 17]), 3, mentions=("17",))
    assert_raises(ValueError, submission.one_hot, torch.tensor([0, 4, 1]), 4, mentions=("4",))
    assert_raises(ValueError, submission.one_hot, torch.tensor([2**32 + 1]), 3, mentions=("4294967297",))


@pytest.mark.needs("three_labels")
def test_refuses_labels_that_are_no_whole_numbers(submission):
    """Labels that are floating, complex, or true and false are a TypeError."""
    assert_raises(TypeError, submission.one_hot, torch.tensor([0.0, 1.0]), 3)
    assert_raises(TypeError, submission.one_hot, torch.tensor([True, False]), 3)
    assert_raises(TypeError, submission.one_hot, torch.tensor([1.0 + 0.0j]), 3)


@pytest.mark.needs("back_to_labels")
def test_refuses_rows_that_are_not_one_hot(submission):
    """Rows of zeros, rows with two ones, probabilities and other numbers are a ValueError."""
    for row in (
        [0.25, 0.5, 0.0],
        [0.0, 0.0, 0.0],
        [1.0, 0.0, 1.0],
        [0.5, 0.5, 0.0],
        [0.0, 3.0, 0.0],
        [1.0, 0.5, 0.0],
    ):
        assert_raises(ValueError, submission.from_one_hot, torch.tensor([[0.0, 1.0, 0.0], row]))


@pytest.mark.needs("refuses_rows_that_are_not_one_hot")
def test_looks_at_every_row_exactly(submission):
    """A row with two ones above a row of zeros is a ValueError, and so are rows that are one-hot only nearly."""
    assert_raises(ValueError, submission.from_one_hot, torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    assert_raises(ValueError, submission.from_one_hot, torch.tensor([[0.0, 0.999999, 0.0]]))
    assert_raises(ValueError, submission.from_one_hot, torch.tensor([[1.0, 1e-9, 0.0]]))
