"""Hidden checks of ch05/xavier_init."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, assert_shape

SHAPES = ((300, 40), (25, 500), (30, 12, 5, 7), (64, 32, 5))  # tall, wide, kernels; 10,000 numbers or more


def sizes(shape):
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def centred(weights, variance, room, what):
    """Mean 0 and this variance, each within five deviations of what chance does; and each weight for itself."""
    numbers = weights.double()
    n = numbers.numel()
    assert_close(numbers.mean() + 1, 1.0, rtol=0, atol=5 * math.sqrt(variance / n), what=f"mean plus 1 {what}")
    ratio = numbers.var() / variance
    assert_close(ratio, 1.0, rtol=0, atol=5 * math.sqrt(room / n), what=f"share of the right variance {what}")
    assert len(weights.unique()) > 0.9 * n, "the same numbers come again and again: draw each weight on its own"


@pytest.mark.weight(2)
@pytest.mark.needs("fans_of_a_convolution")
def test_fans_of_any_shape(submission, rng):
    """Kernels with no axis to three axes, of any size."""
    for axes in range(4):
        shape = tuple(rng.integers(2, 40) for _ in range(2 + axes))
        assert_equal(submission.fans(shape), sizes(shape), what="pair (fan_in, fan_out)")


@pytest.mark.weight(3)
@pytest.mark.needs("fans_of_a_dense_layer")
def test_xavier_of_any_shape(submission, rng):
    """Tall and wide matrices and kernels: the bound is met and kept, the variance is right, the dtype is float32."""
    for shape in SHAPES:
        fan_in, fan_out = sizes(shape)
        weights = submission.xavier_uniform(shape, rng.integers(0, 10_000))
        assert_shape(weights, shape, what="weights")
        assert_dtype(weights, torch.float32, what="weights")
        bound = math.sqrt(6 / (fan_in + fan_out))
        ends = weights.min() / bound, weights.max() / bound
        assert_close(ends, (-0.99, 0.99), rtol=0, atol=0.0101, what="lowest and highest weight, as multiples of a,")
        centred(weights, bound**2 / 3, 0.8, "of the weights")


@pytest.mark.weight(3)
@pytest.mark.needs("fans_of_a_dense_layer")
def test_he_of_any_shape(submission, rng):
    """Tall and wide matrices and kernels: the variance is right, the distribution normal, the dtype float32."""
    for shape in SHAPES:
        weights = submission.he_normal(shape, rng.integers(0, 10_000))
        assert_shape(weights, shape, what="weights")
        assert_dtype(weights, torch.float32, what="weights")
        centred(weights, 2 / sizes(shape)[0], 2.0, "of the weights")
        numbers = weights.double()
        fourth = (((numbers - numbers.mean()) / numbers.std()) ** 4).mean()
        assert_close(fourth, 3.0, rtol=0, atol=0.5, what="fourth moment, 3 for normal weights,")


@pytest.mark.needs("xavier_of_any_shape", "he_of_any_shape")
def test_any_seed(submission, rng):
    """Any seed decides alone: the same gives the same weights, its neighbour others."""
    seed = rng.integers(10, 2**31)
    for draw in (submission.xavier_uniform, submission.he_normal):
        first = draw((12, 9), seed)
        assert_close(draw((12, 9), seed), first, rtol=0, atol=0, what="weights for the same seed")
        assert not torch.equal(draw((12, 9), seed + 1), first), "another seed gives the same weights"
