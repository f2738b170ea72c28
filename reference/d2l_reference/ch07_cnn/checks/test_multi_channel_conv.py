"""Hidden checks of ch07/multi_channel_conv."""

import pytest
import torch
from d2l_course.ch07_cnn.checks.test_multi_channel_conv import torch_corr2d
from d2l_kit.checks import assert_close, assert_raises, probe

# Channels in and out, image, kernel: as many out as in, one of each, 1 x 1 kernels, a kernel like the image.
EDGE_CASES = [
    (3, 3, (6, 4), (2, 3)),
    (1, 1, (5, 7), (3, 2)),
    (4, 2, (3, 5), (1, 1)),
    (2, 1, (4, 6), (4, 6)),
]


@probe
def of_transposed(module, X, K):
    return module.corr2d_multi_in_out(X.transpose(1, 2), K.transpose(2, 3))


@pytest.mark.weight(3)
@pytest.mark.needs("matches_torch")
def test_any_shape(submission, rng):
    """Any number of channels, any shape of image and kernel."""
    drawn = (rng.integers(2, 6), rng.integers(2, 6), (rng.integers(5, 9), rng.integers(9, 12)), (3, 2))
    for channels_in, channels_out, image, kernel in [*EDGE_CASES, drawn]:
        X = rng.normal(channels_in, *image, dtype=torch.float64, mean=-3.0, std=20.0)
        K = rng.normal(channels_out, channels_in, *kernel, dtype=torch.float64)
        assert_close(submission.corr2d_multi_in_out(X, K), torch_corr2d(X, K))


@pytest.mark.needs("matches_torch")
def test_keeps_double_precision(submission, rng):
    """float64 in, float64 out."""
    X, K = rng.normal(2, 4, 5, dtype=torch.float64), rng.normal(3, 2, 2, 2, dtype=torch.float64)
    assert_close(submission.corr2d_multi_in_out(X, K), torch_corr2d(X, K), dtype=True)


@pytest.mark.needs("matches_torch")
def test_transposed_arguments(submission, rng):
    """Tensors that do not lie row by row in memory, such as a transpose, are understood."""
    X, K = rng.normal(3, 5, 7), rng.normal(2, 3, 2, 3)
    expected = torch_corr2d(X.transpose(1, 2), K.transpose(2, 3))
    assert_close(submission.run(of_transposed, X, K), expected)


@pytest.mark.needs("refuses_kernels_for_other_channels")
def test_one_channel_is_not_spread_over_many(submission, rng):
    """A single channel on one side and several on the other do not belong together."""
    assert_raises(ValueError, submission.corr2d_multi_in_out, rng.normal(1, 5, 6), rng.normal(2, 3, 2, 2))
    assert_raises(ValueError, submission.corr2d_multi_in_out, rng.normal(3, 5, 6), rng.normal(2, 1, 2, 2))


@pytest.mark.needs("worked_example")
def test_refuses_a_wrong_number_of_axes(submission, rng):
    """An image without channels, a batch of images, kernels for one output channel only: ValueErrors."""
    assert_raises(ValueError, submission.corr2d_multi_in_out, rng.normal(5, 6), rng.normal(2, 5, 2, 2))
    assert_raises(ValueError, submission.corr2d_multi_in_out, rng.normal(3, 3, 5, 6), rng.normal(2, 3, 2, 2))
    kernels = rng.normal(3, 3, 2)
    assert_raises(ValueError, submission.corr2d_multi_in_out, rng.normal(3, 5, 6), kernels, mentions=("3",))
