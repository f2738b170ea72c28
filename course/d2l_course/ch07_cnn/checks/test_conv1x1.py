"""Public checks of ch07/conv1x1."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_raises


@pytest.mark.weight(2)
def test_worked_example(submission):
    """Every output channel is a row of W times the channels of the pixel (worked by hand)."""
    X = torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]]])
    W = torch.tensor([[1.0, 1.0], [0.0, -1.0], [2.0, 0.0]])
    expected = torch.tensor(
        [
            [
                [[11.0, 22.0, 33.0], [44.0, 55.0, 66.0]],
                [[-10.0, -20.0, -30.0], [-40.0, -50.0, -60.0]],
                [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]],
            ]
        ]
    )
    assert_close(submission.conv1x1(X, W), expected)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_matches_conv2d(submission, rng):
    """Without bias, the result is that of torch's conv2d with a 1x1 kernel."""
    for n, ci, co, h, w in [(2, 3, 5, 4, 6), (3, 4, 4, 2, 5), (2, 3, 3, 3, 3)]:
        X, W = rng.normal(n, ci, h, w), rng.normal(co, ci)
        assert_close(submission.conv1x1(X, W), F.conv2d(X, W[:, :, None, None]))


@pytest.mark.needs("worked_example")
def test_bias_per_channel(submission, rng):
    """Each output channel gets its own bias, the same at every pixel."""
    # As many channels as columns: a bias laid along the width would go unnoticed anywhere else.
    X, W, b = rng.normal(2, 2, 3, 4), rng.normal(4, 2), rng.normal(4, std=5.0)
    assert_close(submission.conv1x1(X, W, b), F.conv2d(X, W[:, :, None, None], b))


@pytest.mark.needs("worked_example")
def test_wrong_channels_are_refused(submission):
    """Images with another number of channels than W expects raise ValueError."""
    assert_raises(ValueError, submission.conv1x1, torch.ones(1, 3, 2, 2), torch.ones(4, 5), mentions=("3", "5"))
