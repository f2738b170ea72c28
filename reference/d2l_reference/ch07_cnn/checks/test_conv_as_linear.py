"""Hidden checks of ch07/conv_as_linear."""

import pytest
import torch
from d2l_course.ch07_cnn.checks.test_conv_as_linear import torch_matrix
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

EDGE_CASES = [((4, 3), (4, 3)), ((5, 4), (1, 3)), ((3, 6), (2, 1)), ((2, 3), (1, 1)), ((3, 7), (2, 7))]


@probe
def of_transposed(module, K, h, w):
    return module.conv_matrix(K.t(), h, w)


@pytest.mark.weight(3)
@pytest.mark.needs("product_is_the_cross_correlation")
def test_any_shape(submission, rng):
    """The whole matrix, for images and kernels of any shape."""
    kernel = rng.integers(2, 4), rng.integers(2, 5)
    drawn = (kernel[0] + rng.integers(2, 5), kernel[1] + rng.integers(0, 3)), kernel
    for image, size in [*EDGE_CASES, drawn]:
        K = rng.normal(*size, mean=-2.0, std=5.0)
        assert_close(submission.conv_matrix(K, *image), torch_matrix(K, *image), what="matrix")


@pytest.mark.needs("product_is_the_cross_correlation")
def test_keeps_double_precision(submission, rng):
    """A float64 kernel gives a float64 matrix."""
    K = rng.normal(2, 3, dtype=torch.float64)
    assert_close(submission.conv_matrix(K, 4, 5), torch_matrix(K, 4, 5), dtype=True, what="matrix")


@pytest.mark.needs("product_is_the_cross_correlation")
def test_transposed_kernel(submission, rng):
    """A kernel that does not lie row by row in memory, such as a transpose, is understood."""
    K = rng.normal(2, 3)
    assert_close(submission.run(of_transposed, K, 5, 4), torch_matrix(K.t(), 5, 4), what="matrix")


@pytest.mark.weight(2)
@pytest.mark.needs("counts_of_a_small_image")
def test_counts_of_any_image(submission, rng):
    """Counts for images and kernels of any shape, also very large ones."""
    for _ in range(3):
        kh, kw = rng.integers(1, 6), rng.integers(6, 12)
        h, w = rng.integers(1000, 2000), rng.integers(200, 900)
        outputs = (h - kh + 1) * (w - kw + 1)
        expected = {"dense": outputs * h * w, "local": outputs * kh * kw, "conv": kh * kw}
        assert_equal(submission.count_params(h, w, kh, kw), expected, what="counts")


@pytest.mark.needs("refuses_a_kernel_larger_than_the_image")
def test_refuses_a_kernel_too_large_one_way(submission, rng):
    """A kernel that is only too high, or only too wide, is a ValueError as well."""
    assert_raises(ValueError, submission.conv_matrix, rng.normal(7, 2), 4, 6)
    assert_raises(ValueError, submission.conv_matrix, rng.normal(2, 7), 6, 4)


@pytest.mark.needs("counts_of_a_small_image", "refuses_a_kernel_too_large_one_way")
def test_counting_refuses_a_kernel_too_large(submission):
    """There is nothing to count when the kernel does not fit."""
    assert_raises(ValueError, submission.count_params, 4, 6, 5, 2)
    assert_raises(ValueError, submission.count_params, 6, 4, 2, 5)
