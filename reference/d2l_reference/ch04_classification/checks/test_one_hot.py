"""Hidden checks of ch04/one_hot."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape


def oracle(y, num_classes):
    return torch.nn.functional.one_hot(y.long(), num_classes).float()


@pytest.mark.weight(3)
@pytest.mark.needs("labels_without_axes_and_in_a_table")
def test_any_shape_and_dtype(submission, rng):
    """Labels of any shape and any whole-number dtype, many classes, and one class only."""
    for shape in [(7,), (1,), (3, 1), (2, 3, 4), (1, 2, 1, 2)]:
        for dtype in (torch.uint8, torch.int16, torch.int32, torch.int64):
            classes = rng.integers(2, 12)
            y = rng.integers(0, classes, *shape).to(dtype)
            assert_close(submission.one_hot(y, classes), oracle(y, classes), dtype=True)
    y = torch.tensor([255, 3, 0], dtype=torch.uint8)
    assert_close(submission.one_hot(y, 300), oracle(y, 300))
    assert_close(submission.one_hot(torch.tensor([0, 0]), 1), torch.ones(2, 1))


@pytest.mark.needs("labels_without_axes_and_in_a_table")
def test_no_labels(submission):
    """An empty batch gives an empty batch of vectors."""
    assert_shape(submission.one_hot(torch.zeros(0, dtype=torch.int64), 4), (0, 4))
    assert_shape(submission.one_hot(torch.zeros(3, 0, dtype=torch.int64), 2), (3, 0, 2))


@pytest.mark.weight(2)
@pytest.mark.needs("back_to_labels")
def test_back_from_any_shape(submission, rng):
    """Vectors of any leading shape, float32, float64 or int64, are read back."""
    for shape in [(), (9,), (4, 3), (2, 1, 5)]:
        classes = rng.integers(4, 9)
        y = torch.full(shape, 2) if not shape else rng.integers(1, classes, *shape)
        for dtype in (torch.float32, torch.float64, torch.int64):
            assert_equal(submission.from_one_hot(oracle(y, classes).to(dtype)), y, what="labels")


@pytest.mark.needs("refuses_labels_that_are_no_class")
def test_refuses_the_first_label_outside(submission, rng):
    """The number of classes itself is no label; one bad label in a large table is enough."""
    classes = rng.integers(3, 9)
    assert_raises(ValueError, submission.one_hot, torch.tensor([0, classes]), classes, mentions=(str(classes),))
    y = rng.integers(0, classes, 20, 3)
    y[11, 1] = -rng.integers(20, 99)
    assert_raises(ValueError, submission.one_hot, y, classes, mentions=(str(y[11, 1].item()),))


@pytest.mark.needs("back_to_labels")
def test_refuses_rows_that_only_look_one_hot(submission):
    """Rows that sum to 1 or have one entry other than 0 need not be one-hot."""
    for row in ([2.0, -1.0, 0.0], [0.0, 3.0, 0.0], [1.0, 1.0, -1.0], [1.0, 0.5, 0.0], [-1.0, 0.0, 0.0]):
        assert_raises(ValueError, submission.from_one_hot, torch.tensor([[1.0, 0.0, 0.0], row]))
