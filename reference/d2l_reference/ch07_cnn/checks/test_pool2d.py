"""Hidden checks of ch07/pool2d."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_gradients, assert_raises, assert_unchanged


def maximum(X, window, mode, stride, padding):
    return F.max_pool2d(X, window, stride, padding)


def average(X, window, mode, stride, padding):
    return F.avg_pool2d(X, window, stride, padding)


def random_geometry(rng):
    """Image, window, stride and padding, higher than wide or the other way round."""
    window = rng.integers(2, 5), rng.integers(1, 4)
    stride = rng.integers(1, 4), rng.integers(1, 4)
    padding = rng.integers(0, window[0] // 2 + 1), rng.integers(0, window[1] // 2 + 1)
    image = rng.integers(5, 9), rng.integers(9, 13)
    flipped = rng.choice([True, False])
    return tuple(pair[::-1] if flipped else pair for pair in (image, window, stride, padding))


@pytest.mark.weight(3)
@pytest.mark.needs("max_geometry")
@pytest.mark.needs("average_worked_example")
def test_random_geometries_in_float64(submission, rng):
    """Any window, stride and padding give torch's result in the dtype of X, for both modes."""
    geometries = [random_geometry(rng) for _ in range(4)] + [
        ((3, 5), (3, 5), None, 0),
        ((1, 6), 1, (1, 2), 0),
    ]
    for image, window, stride, padding in geometries:
        X = rng.normal(rng.integers(1, 3), rng.integers(1, 4), *image, dtype=torch.float64, std=10.0)
        largest = submission.pool2d(X, window, stride=stride, padding=padding)
        assert_close(largest, F.max_pool2d(X, window, stride, padding), dtype=True)
        mean = submission.pool2d(X, window, mode="avg", stride=stride, padding=padding)
        assert_close(mean, F.avg_pool2d(X, window, stride, padding), dtype=True)


@pytest.mark.weight(2)
@pytest.mark.needs("max_geometry")
def test_gradients_of_the_maximum(submission, rng):
    """Under "max" the gradient goes to the largest pixel of each window, and to no other."""
    X = rng.normal(2, 2, 6, 7, dtype=torch.float64)
    assert_gradients(submission, "pool2d", (X, 3, "max", 2, 1), maximum, wrt=(0,))


@pytest.mark.needs("padding_counts_in_the_average")
def test_gradients_of_the_average(submission, rng):
    """Under "avg" each pixel gets an equal share of the gradient of each window it lies in."""
    X = rng.normal(2, 2, 6, 7, dtype=torch.float64)
    assert_gradients(submission, "pool2d", (X, 3, "avg", 2, 1), average, wrt=(0,))


@pytest.mark.needs("max_geometry")
@pytest.mark.needs("average_worked_example")
def test_arguments_are_unchanged(submission, rng):
    """The images stay as they are in both modes, and the result is a tensor of its own."""
    for mode in ("max", "avg"):
        for window in (1, 2):
            assert_unchanged(submission, "pool2d", rng.normal(2, 2, 4, 6), window, mode)


@pytest.mark.needs("max_geometry")
@pytest.mark.needs("too_much_padding_is_refused")
def test_padding_is_limited_in_each_direction(submission, rng):
    """Padding must be at most half of the window in each direction by itself; half is still allowed."""
    X = rng.normal(1, 2, 6, 8)
    for window, padding in [((4, 3), (2, 1)), ((3, 4), (1, 2))]:
        assert_close(submission.pool2d(X, window, padding=padding), F.max_pool2d(X, window, padding=padding))
    for window, padding in [((4, 3), (1, 2)), ((3, 4), (2, 1)), ((1, 3), (1, 1)), ((3, 1), 1)]:
        assert_raises(ValueError, submission.pool2d, X, window, padding=padding)
        assert_raises(ValueError, submission.pool2d, X, window, mode="avg", padding=padding)
