"""Public checks of ch07/corr2d."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_gradients, assert_raises, assert_unchanged


def torch_corr2d(X, K):
    """What torch answers: its convolutions are cross-correlations over [batch, channel, h, w]."""
    return F.conv2d(X[None, None], K[None, None])[0, 0]


def test_worked_example(submission):
    """A 2 x 2 kernel on a 3 x 4 image gives the 2 x 3 numbers worked out by hand."""
    X = torch.tensor([[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, 2.0], [2.0, 0.0, 1.0, 1.0]])
    K = torch.tensor([[1.0, 0.0], [2.0, -1.0]])
    # Upper left: 1*1 + 2*0 + 0*2 + 1*(-1) = 0; its neighbour on the right: 2*1 + 0*0 + 1*2 + 3*(-1) = 1.
    assert_close(submission.corr2d(X, K), torch.tensor([[0.0, 1.0, 4.0], [4.0, 0.0, 4.0]]))


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_matches_torch(submission, rng):
    """Images and kernels that are not square give what torch gives."""
    for image, kernel in [((5, 8), (3, 2)), ((7, 4), (2, 3))]:
        X, K = rng.normal(*image), rng.normal(*kernel)
        assert_close(submission.corr2d(X, K), torch_corr2d(X, K))


@pytest.mark.needs("matches_torch")
def test_keeps_double_precision(submission, rng):
    """float64 in, float64 out."""
    X, K = rng.normal(4, 5, dtype=torch.float64), rng.normal(2, 2, dtype=torch.float64)
    assert_close(submission.corr2d(X, K), torch_corr2d(X, K), dtype=True)


@pytest.mark.needs("matches_torch")
def test_arguments_are_left_alone(submission, rng):
    """Image and kernel are the same after the call, and the result has memory of its own."""
    assert_unchanged(submission, "corr2d", rng.normal(5, 4), rng.normal(2, 3))


@pytest.mark.weight(2)
@pytest.mark.needs("arguments_are_left_alone")
def test_gradients_reach_image_and_kernel(submission, rng):
    """Gradients flow back to the image and to the kernel."""
    assert_gradients(submission, "corr2d", (rng.normal(5, 6), rng.normal(3, 2)), torch_corr2d, wrt=(0, 1))


@pytest.mark.needs("worked_example")
def test_refuses_a_kernel_larger_than_the_image(submission, rng):
    """A kernel that is too large is a ValueError that names the kernel's size."""
    assert_raises(ValueError, submission.corr2d, rng.normal(4, 5), rng.normal(7, 9), mentions=("7", "9"))
