"""Hidden checks of ch07/padding_stride."""

import pytest
import torch
from d2l_course.ch07_cnn.checks.test_padding_stride import torch_corr2d
from d2l_kit.checks import (
    assert_close,
    assert_equal,
    assert_gradients,
    assert_raises,
    assert_unchanged,
    probe,
)

# Image, kernel, padding, stride; among them strides longer than the kernel, a kernel that only fits padded.
GEOMETRIES = [
    ((9, 6), (3, 2), 0, 1),
    ((8, 11), (5, 3), (2, 0), 3),
    ((7, 5), (1, 2), 1, (2, 4)),
    ((3, 4), (5, 6), (1, 2), 1),
    ((5, 3), (5, 3), 0, 2),
    ((12, 7), (4, 4), (3, 1), (5, 2)),
]


@probe
def of_transposed(module, X, K, padding, stride):
    return module.corr2d_pad_stride(X.t(), K.t(), padding, stride)


@pytest.mark.weight(2)
@pytest.mark.needs("a_place_that_does_not_fit_is_left_out")
def test_shape_of_any_geometry(submission, rng):
    """The predicted shape, also for strides longer than the kernel and kernels that only fit padded."""
    image, kernel = (rng.integers(20, 90), rng.integers(20, 90)), (rng.integers(1, 12), rng.integers(1, 12))
    drawn = image, kernel, rng.integers(0, 5), rng.integers(1, 7)
    for image, kernel, padding, stride in [*GEOMETRIES, drawn]:
        expected = tuple(torch_corr2d(torch.zeros(image), torch.zeros(kernel), padding, stride).shape)
        found = submission.conv_output_shape(image, kernel, padding, stride)
        assert_equal(found, expected, what="predicted shape")


@pytest.mark.weight(3)
@pytest.mark.needs("padding_and_stride_together", "shape_of_any_geometry")
def test_values_of_any_geometry(submission, rng):
    """The values, also for strides longer than the kernel and kernels that only fit padded."""
    for image, kernel, padding, stride in GEOMETRIES:
        X = rng.normal(*image, dtype=torch.float64, mean=4.0, std=10.0)
        K = rng.normal(*kernel, dtype=torch.float64)
        expected = torch_corr2d(X, K, padding, stride)
        assert_close(submission.corr2d_pad_stride(X, K, padding, stride), expected)


@pytest.mark.needs("padding_and_stride_together")
def test_arguments_are_left_alone(submission, rng):
    """Image and kernel are the same after the call, and the result has memory of its own."""
    assert_unchanged(submission, "corr2d_pad_stride", rng.normal(5, 4), rng.normal(2, 3), 1, 2)


@pytest.mark.weight(2)
@pytest.mark.needs("arguments_are_left_alone")
def test_gradients_pass_through_the_padding(submission, rng):
    """Gradients flow back to the image and to the kernel, through padding and stride."""
    arguments = (rng.normal(5, 6), rng.normal(3, 2), (1, 2), (2, 1))
    assert_gradients(submission, "corr2d_pad_stride", arguments, torch_corr2d, wrt=(0, 1))


@pytest.mark.needs("padding_and_stride_together")
def test_transposed_arguments(submission, rng):
    """Tensors that do not lie row by row in memory, such as a transpose, are understood."""
    X, K = rng.normal(5, 7), rng.normal(2, 3)
    expected = torch_corr2d(X.t(), K.t(), (0, 1), 2)
    assert_close(submission.run(of_transposed, X, K, (0, 1), 2), expected)


@pytest.mark.needs("same_padding_refuses_an_even_kernel")
def test_same_padding_refuses_a_kernel_even_one_way(submission):
    """A kernel that is even along one axis only is refused as well."""
    assert_raises(ValueError, submission.same_padding, (4, 3))
    assert_raises(ValueError, submission.same_padding, (5, 2))


@pytest.mark.needs("refuses_impossible_geometry")
def test_refuses_impossible_geometry_one_way(submission):
    """What is impossible along one axis only is refused as well."""
    assert_raises(ValueError, submission.conv_output_shape, (9, 9), (3, 3), (0, -1), 1)
    assert_raises(ValueError, submission.conv_output_shape, (9, 9), (3, 3), 0, (1, 0))
    assert_raises(ValueError, submission.conv_output_shape, (4, 9), (7, 3), 1, 1)
    assert_raises(ValueError, submission.conv_output_shape, (9, 4), (3, 7), 1, 1)


@pytest.mark.needs("zeros_all_round", "refuses_impossible_geometry")
def test_the_correlation_refuses_too(submission, rng):
    """The cross-correlation itself raises for what its shape cannot be."""
    X, K = rng.normal(6, 6), rng.normal(3, 3)
    assert_raises(ValueError, submission.corr2d_pad_stride, X, K, (-1, 0), 1)
    assert_raises(ValueError, submission.corr2d_pad_stride, X, K, 0, 0)
    assert_raises(ValueError, submission.corr2d_pad_stride, X, rng.normal(9, 3), 1, 1)
