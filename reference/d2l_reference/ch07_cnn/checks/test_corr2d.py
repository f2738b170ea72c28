"""Hidden checks of ch07/corr2d."""

import pytest
import torch
from d2l_course.ch07_cnn.checks.test_corr2d import torch_corr2d
from d2l_kit.checks import assert_close, assert_raises, probe

EDGE_CASES = [((6, 3), (6, 3)), ((7, 8), (1, 4)), ((9, 5), (3, 1)), ((1, 6), (1, 1)), ((3, 8), (2, 8))]


@probe
def of_transposed(module, X, K):
    return module.corr2d(X.t(), K.t())


@pytest.mark.weight(3)
@pytest.mark.needs("matches_torch")
def test_any_shape(submission, rng):
    """Images and kernels of any shape, also a kernel as large as the image."""
    kernel = rng.integers(2, 5), rng.integers(2, 5)
    drawn = (kernel[0] + rng.integers(0, 4), kernel[1] + rng.integers(4, 7)), kernel
    for image, size in [*EDGE_CASES, drawn]:
        X = rng.normal(*image, dtype=torch.float64, mean=-3.0, std=20.0)
        K = rng.normal(*size, dtype=torch.float64)
        assert_close(submission.corr2d(X, K), torch_corr2d(X, K))


@pytest.mark.needs("matches_torch")
def test_transposed_arguments(submission, rng):
    """Tensors that do not lie row by row in memory, such as a transpose, are understood."""
    X, K = rng.normal(5, 7), rng.normal(2, 3)
    assert_close(submission.run(of_transposed, X, K), torch_corr2d(X.t(), K.t()))


@pytest.mark.needs("refuses_a_kernel_larger_than_the_image")
def test_refuses_a_kernel_too_large_one_way(submission, rng):
    """A kernel that is only too high, or only too wide, is a ValueError as well."""
    assert_raises(ValueError, submission.corr2d, rng.normal(4, 6), rng.normal(13, 2))
    assert_raises(ValueError, submission.corr2d, rng.normal(4, 6), rng.normal(7, 2))
    assert_raises(ValueError, submission.corr2d, rng.normal(6, 4), rng.normal(2, 7))
