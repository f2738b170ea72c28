"""Public checks of ch07/multi_channel_conv."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import (
    assert_close,
    assert_faster,
    assert_gradients,
    assert_raises,
    assert_unchanged,
    probe,
)


def torch_corr2d(X, K):
    """What torch answers: its convolutions are cross-correlations over [batch, channel, h, w]."""
    return F.conv2d(X[None], K)[0]


@probe
def each_image(module, images, K):
    return [module.corr2d_multi_in_out(X, K) for X in images]


@probe
def each_image_in_four_loops(_module, images, K):
    """The yardstick: Python loops over output channels, rows, columns and input channels."""
    co, ci, kh, kw = K.shape
    answers = []
    for X in images:
        rows, columns = X.shape[1] - kh + 1, X.shape[2] - kw + 1
        Y = torch.zeros(co, rows, columns)
        for o in range(co):
            for i in range(rows):
                for j in range(columns):
                    for c in range(ci):
                        Y[o, i, j] += (X[c, i : i + kh, j : j + kw] * K[o, c]).sum()
        answers.append(Y)
    return answers


def test_worked_example(submission):
    """Two input channels are added up; two output channels lie one behind the other."""
    X = torch.tensor([[[1.0, 2.0, 3.0]], [[10.0, 20.0, 40.0]]])
    K = torch.tensor([[[[1.0, 1.0]], [[2.0, 2.0]]], [[[0.0, 0.0]], [[-1.0, -1.0]]]])
    # Output channel 0: (1 + 2) + 2 * (10 + 20), then (2 + 3) + 2 * (20 + 40); channel 1: -(10 + 20), ...
    assert_close(submission.corr2d_multi_in_out(X, K), torch.tensor([[[63.0, 125.0]], [[-30.0, -60.0]]]))


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_matches_torch(submission, rng):
    """Three channels in, two or five out, nothing square: the result is torch's."""
    for channels_out, kernel in [(2, (2, 3)), (5, (3, 1))]:
        X, K = rng.normal(3, 6, 8), rng.normal(channels_out, 3, *kernel)
        assert_close(submission.corr2d_multi_in_out(X, K), torch_corr2d(X, K))


@pytest.mark.needs("matches_torch")
def test_arguments_are_left_alone(submission, rng):
    """Image and kernels are the same after the call, and the result has memory of its own."""
    assert_unchanged(submission, "corr2d_multi_in_out", rng.normal(3, 5, 4), rng.normal(2, 3, 2, 3))


@pytest.mark.needs("arguments_are_left_alone")
def test_gradients_reach_image_and_kernels(submission, rng):
    """Gradients flow back to the image and to the kernels."""
    arguments = (rng.normal(3, 5, 6), rng.normal(2, 3, 3, 2))
    assert_gradients(submission, "corr2d_multi_in_out", arguments, torch_corr2d, wrt=(0, 1))


@pytest.mark.weight(2)
@pytest.mark.needs("matches_torch")
def test_fifty_times_faster_than_four_loops(submission, rng):
    """On 3 x 24 x 24 images it is at least 50 times faster than four nested loops."""
    K = rng.normal(4, 3, 3, 3)
    rounds = assert_faster(
        submission,
        each_image,
        each_image_in_four_loops,
        fast_args=lambda: (rng.normal(4, 3, 24, 24), K),
        slow_args=(rng.normal(1, 3, 24, 24), K),
        work=(4, 1),
        ratio=50,
    )
    for (images, _), answers in rounds:
        assert_close(answers, [torch_corr2d(X, K) for X in images])


@pytest.mark.needs("worked_example")
def test_refuses_kernels_for_other_channels(submission, rng):
    """An image of 3 channels and kernels for 7 are a ValueError that names the numbers."""
    arguments = rng.normal(3, 5, 6), rng.normal(4, 7, 2, 2)
    assert_raises(ValueError, submission.corr2d_multi_in_out, *arguments, mentions=("3", "7"))
