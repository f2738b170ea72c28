"""Public checks of ch07/conv_as_linear."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_equal, assert_gradients, assert_raises, probe


def torch_corr2d(X, K):
    """What torch answers: its convolutions are cross-correlations over [batch, channel, h, w]."""
    return F.conv2d(X[None, None], K[None, None])[0, 0]


def torch_matrix(K, h, w):
    """The matrix, found from outside: column n is the answer to an image of zeros with a 1 at pixel n."""
    images = torch.eye(h * w, dtype=K.dtype).reshape(h * w, 1, h, w)
    return F.conv2d(images, K[None, None]).flatten(1).T


@probe
def sorted_rows(module, K, h, w):
    return module.conv_matrix(K, h, w).sort(1).values


@probe
def product(module, K, X):
    return module.conv_matrix(K, *X.shape) @ X.flatten()


def test_worked_example(submission):
    """A 2 x 2 kernel on an image of 2 rows and 3 columns gives a matrix of two rows."""
    K = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    expected = torch.tensor([[1.0, 2.0, 0.0, 3.0, 4.0, 0.0], [0.0, 1.0, 2.0, 0.0, 3.0, 4.0]])
    assert_close(submission.conv_matrix(K, 2, 3), expected)


@pytest.mark.weight(2)
def test_local_and_shared(submission, rng):
    """Every row of the matrix holds each of the kernel's numbers once, and zeros elsewhere."""
    h, w, K = 4, 6, rng.uniform(2, 3, low=1.0, high=2.0)
    row = torch.cat([torch.zeros(h * w - K.numel()), K.flatten().sort().values])
    assert_close(submission.run(sorted_rows, K, h, w), row.repeat(3 * 4, 1), what="each row, sorted")


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example", "local_and_shared")
def test_product_is_the_cross_correlation(submission, rng):
    """Matrix times flattened image is the flattened cross-correlation."""
    for image, kernel in [((4, 6), (2, 3)), ((7, 5), (3, 2))]:
        X, K = rng.normal(*image), rng.normal(*kernel)
        assert_close(submission.run(product, K, X), torch_corr2d(X, K).flatten())


@pytest.mark.weight(2)
@pytest.mark.needs("product_is_the_cross_correlation")
def test_gradient_reaches_the_kernel(submission, rng):
    """The gradient flows back to the kernel's numbers, each used in every row."""
    assert_gradients(submission, "conv_matrix", (rng.normal(3, 2), 5, 4), torch_matrix, wrt=(0,))


@pytest.mark.weight(2)
def test_counts_of_a_small_image(submission):
    """A 3 x 3 kernel on a 4 x 4 image: four output pixels, counted three ways."""
    # dense: 4 outputs x 16 pixels; local: 4 outputs x 9 pixels; conv: one kernel of 9.
    assert_equal(submission.count_params(4, 4, 3, 3), {"dense": 64, "local": 36, "conv": 9})


@pytest.mark.needs("worked_example")
def test_refuses_a_kernel_larger_than_the_image(submission, rng):
    """A kernel that is too large is a ValueError that names the kernel's size."""
    assert_raises(ValueError, submission.conv_matrix, rng.normal(7, 9), 4, 5, mentions=("7", "9"))
