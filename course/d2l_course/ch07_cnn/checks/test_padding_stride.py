"""Public checks of ch07/padding_stride."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_equal, assert_raises


def torch_corr2d(X, K, padding=0, stride=1):
    """What torch answers: its convolutions are cross-correlations over [batch, channel, h, w]."""
    return F.conv2d(X[None, None], K[None, None], padding=padding, stride=stride)[0, 0]


def test_padding_counts_on_both_sides(submission):
    """At stride 1 the output has n + 2p - k + 1 pixels along an axis."""
    assert_equal(submission.conv_output_shape((6, 9), (3, 2)), (4, 8), what="shape without padding")
    assert_equal(submission.conv_output_shape((6, 9), (3, 2), (1, 2)), (6, 12), what="shape with padding")


@pytest.mark.needs("padding_counts_on_both_sides")
def test_a_place_that_does_not_fit_is_left_out(submission):
    """With a stride the number of places is rounded down."""
    # Rows 0-1, 3-4, 6-7 (9-10 has no row 10); columns 0-2, 2-4, 4-6.
    assert_equal(submission.conv_output_shape((10, 7), (2, 3), stride=(3, 2)), (3, 3))
    assert_equal(submission.conv_output_shape(224, 11, 1, 4), (54, 54), what="shape for 224 pixels")


def test_zeros_all_round(submission):
    """Padding puts zeros above, below, left and right of the image."""
    X, K = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.ones(2, 2)
    expected = torch.tensor([[1.0, 3.0, 2.0], [4.0, 10.0, 6.0], [3.0, 7.0, 4.0]])
    assert_close(submission.corr2d_pad_stride(X, K, padding=1), expected)


@pytest.mark.weight(2)
def test_stride_takes_every_nth_place(submission, rng):
    """With a stride down and another to the right, the result is torch's."""
    X, K = rng.normal(8, 9), rng.normal(3, 2)
    assert_close(submission.corr2d_pad_stride(X, K, stride=(2, 3)), torch_corr2d(X, K, stride=(2, 3)))


@pytest.mark.weight(2)
@pytest.mark.needs("zeros_all_round", "stride_takes_every_nth_place")
def test_padding_and_stride_together(submission, rng):
    """Padding of two rows and one column, then a stride: the result is torch's."""
    X, K = rng.normal(6, 7), rng.normal(3, 3)
    expected = torch_corr2d(X, K, padding=(2, 1), stride=(2, 1))
    assert_close(submission.corr2d_pad_stride(X, K, (2, 1), (2, 1)), expected)


def test_same_padding_of_odd_kernels(submission):
    """The padding that keeps the size, for kernels with a middle pixel."""
    assert_equal(submission.same_padding(3), (1, 1), what="padding for a 3 x 3 kernel")
    assert_equal(submission.same_padding((5, 7)), (2, 3), what="padding for a 5 x 7 kernel")
    assert_equal(submission.same_padding(1), (0, 0), what="padding for a 1 x 1 kernel")


@pytest.mark.needs("same_padding_of_odd_kernels")
def test_same_padding_refuses_an_even_kernel(submission):
    """A 4 x 4 kernel has no middle pixel: a ValueError that names the 4."""
    assert_raises(ValueError, submission.same_padding, 4, mentions=("4",))


@pytest.mark.needs("padding_counts_on_both_sides")
def test_refuses_impossible_geometry(submission):
    """A stride of 0, a negative padding and a kernel too large are ValueErrors."""
    assert_raises(ValueError, submission.conv_output_shape, 8, 3, 0, 0, mentions=("0",))
    assert_raises(ValueError, submission.conv_output_shape, 8, 3, -2, 1, mentions=("-2",))
    assert_raises(ValueError, submission.conv_output_shape, 8, 9, mentions=("9",))
    assert_raises(ValueError, submission.conv_output_shape, 8, 13, 2, 1, mentions=("13",))
