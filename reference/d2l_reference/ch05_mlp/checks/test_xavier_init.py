"""Hidden checks of ch05/xavier_init."""

import math

import pytest
import torch
from d2l_course.ch05_mlp.checks.test_xavier_init import REPEATED
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, assert_shape

SHAPES = ((300, 40), (25, 500), (30, 12, 5, 7), (64, 32, 5))  # tall, wide, kernels; 10,000 numbers or more


def sizes(shape):
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def centred(weights, variance, room):
    """Mean 0 and this variance, each within five deviations of what chance does; and each weight for itself."""
    numbers = weights.double()
    n = numbers.numel()
    mean = numbers.mean().item()
    assert abs(mean) < 5 * math.sqrt(variance / n), f"the mean of the weights should be 0, but is {mean:.2g}"
    ratio = (numbers.var() / variance).item()
    assert abs(ratio - 1) < 5 * math.sqrt(room / n), f"the variance is {ratio:.3g} times what it should be"
    assert len(weights.unique()) > 0.9 * n, REPEATED


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
        lowest, highest = (weights.min() / bound).item(), (weights.max() / bound).item()
        assert abs(lowest + 0.99) < 0.0101, f"the lowest weight should be close to -a, but is {lowest:.3g} a"
        assert abs(highest - 0.99) < 0.0101, f"the highest weight should be close to a, but is {highest:.3g} a"
        centred(weights, bound**2 / 3, 0.8)


@pytest.mark.weight(3)
@pytest.mark.needs("fans_of_a_dense_layer")
def test_he_of_any_shape(submission, rng):
    """Tall and wide matrices and kernels: the variance is right, the distribution normal, the dtype float32."""
    for shape in SHAPES:
        weights = submission.he_normal(shape, rng.integers(0, 10_000))
        assert_shape(weights, shape, what="weights")
        assert_dtype(weights, torch.float32, what="weights")
        centred(weights, 2 / sizes(shape)[0], 2.0)
        numbers = weights.double()
        fourth = (((numbers - numbers.mean()) / numbers.std()) ** 4).mean().item()
        assert abs(fourth - 3) < 0.5, "the weights should be normal: far from 0 there are too few or too many of them"


@pytest.mark.needs("xavier_of_any_shape", "he_of_any_shape")
def test_any_seed(submission, rng):
    """Any seed decides alone: the same gives the same weights, its neighbour others."""
    seed = rng.integers(10, 2**31)
    for draw in (submission.xavier_uniform, submission.he_normal):
        first = draw((12, 9), seed)
        assert_close(draw((12, 9), seed), first, rtol=0, atol=0, what="weights for the same seed")
        assert not torch.equal(draw((12, 9), seed + 1), first), "another seed gives the same weights"
