"""Public checks of ch07/pool2d."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_raises

IMAGES = torch.tensor(
    [[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 8.0, 7.0]], [[9.0, -1.0, -5.0, -2.0], [0.0, 1.0, -3.0, -4.0]]]]
)
GEOMETRIES = [  # image, window, stride, padding
    ((7, 9), (3, 2), None, 0),
    ((8, 7), 3, 2, 1),
    ((9, 10), (2, 3), (1, 2), (1, 0)),
]


@pytest.mark.weight(2)
def test_max_worked_example(submission):
    """mode="max" keeps the largest value of each window, channel by channel (worked by hand)."""
    assert_close(submission.pool2d(IMAGES, 2), torch.tensor([[[[4.0, 8.0]], [[9.0, -2.0]]]]))


@pytest.mark.weight(2)
def test_average_worked_example(submission):
    """mode="avg" keeps the mean of each window, channel by channel (worked by hand)."""
    assert_close(submission.pool2d(IMAGES, 2, mode="avg"), torch.tensor([[[[2.5, 6.5]], [[2.25, -3.5]]]]))


@pytest.mark.weight(2)
@pytest.mark.needs("max_worked_example")
def test_max_geometry(submission, rng):
    """Window, stride and padding mean what they mean to torch's max pooling."""
    for image, window, stride, padding in GEOMETRIES:
        X = rng.normal(2, 3, *image, mean=5.0)
        expected = F.max_pool2d(X, window, stride, padding)
        assert_close(submission.pool2d(X, window, mode="max", stride=stride, padding=padding), expected)


@pytest.mark.needs("max_geometry")
def test_padding_never_wins_the_maximum(submission, rng):
    """Where all pixels are far below zero, the maximum is still one of them."""
    X = rng.normal(2, 2, 4, 5, mean=-9.0)
    assert_close(submission.pool2d(X, 3, padding=1), F.max_pool2d(X, 3, padding=1))


@pytest.mark.needs("average_worked_example")
def test_padding_counts_in_the_average(submission):
    """The average of a 3x3 window at the corner of an image of ones is 4/9: padding counts as zeros."""
    expected = torch.tensor([[4.0, 6.0, 4.0], [6.0, 9.0, 6.0], [4.0, 6.0, 4.0]]) / 9
    result = submission.pool2d(torch.ones(1, 1, 3, 3), 3, mode="avg", stride=1, padding=1)
    assert_close(result, expected[None, None])


@pytest.mark.needs("max_worked_example")
@pytest.mark.needs("average_worked_example")
def test_unknown_mode_is_refused(submission):
    """A mode that is neither "max" nor "avg" raises ValueError that names it."""
    assert_raises(ValueError, submission.pool2d, torch.ones(1, 1, 4, 4), 2, "median", mentions=("median",))


@pytest.mark.needs("max_worked_example")
def test_too_much_padding_is_refused(submission):
    """Padding of more than half the window raises ValueError."""
    assert_raises(ValueError, submission.pool2d, torch.ones(1, 1, 4, 4), 2, padding=2)
