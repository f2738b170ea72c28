"""Public checks of ch05/xavier_init."""

import numpy as np
import pytest
import torch
from d2l_kit.checks import assert_equal, assert_raises, probe

DRAWN = ("xavier_uniform", "he_normal")
REPEATED = "the same numbers come again and again: each weight should be drawn on its own"


@probe
def described(module, name, shape):
    """What the weights look like, rounded so far that chance plays no part."""
    weights = getattr(module, name)(shape, 3)
    numbers = weights.double()
    scaled = (numbers - numbers.mean()) / numbers.std()
    return list(weights.shape), {
        "lowest": (numbers.min() * 1000).round(),
        "highest": (numbers.max() * 1000).round(),
        "mean": (numbers.mean() * 100).round(),
        "deviation": (numbers.std() * 100).round(),
        "fourth moment": (scaled**4).mean().round(),
        "different numbers": (len(numbers.unique()) / numbers.numel() * 10 + torch.zeros(())).round(),
    }


@probe
def seeding(module, name, shape):
    """What is wrong with the seed, the default seed, other seeds, and the program's other random numbers."""
    import random

    draw = getattr(module, name)
    before, numpys, pythons = torch.random.get_rng_state(), np.random.get_state(), random.getstate()
    first, again, default, others = draw(shape, 0), draw(shape, 0), draw(shape), [draw(shape, s) for s in (1, 2)]
    return {
        "gives other weights for the same seed": not torch.equal(first, again),
        "gives other weights without a seed than for seed 0": not torch.equal(first, default),
        "gives the same weights for different seeds": any(torch.equal(first, other) for other in others),
        "disturbs torch's own random numbers": not torch.equal(before, torch.random.get_rng_state()),
        "disturbs numpy's own random numbers": str(numpys) != str(np.random.get_state()),
        "disturbs Python's own random numbers": pythons != random.getstate(),
    }


def test_fans_of_a_dense_layer(submission):
    """Weights of 10 outputs and 4 inputs: each output is made of 4 numbers, each input goes into 10."""
    assert_equal(submission.fans((10, 4)), (4, 10), what="fans of (10, 4)")


@pytest.mark.weight(2)
@pytest.mark.needs("fans_of_a_dense_layer")
def test_fans_of_a_convolution(submission):
    """With a kernel, each output reads a window of every input channel."""
    assert_equal(submission.fans((8, 3, 5, 2)), (30, 80), what="fans of (8, 3, 5, 2)")
    assert_equal(submission.fans((6, 4, 3)), (12, 18), what="fans of (6, 4, 3)")


@pytest.mark.observed
@pytest.mark.weight(2)
def test_xavier_of_a_dense_layer(submission):
    """100 x 200 weights spread evenly from -0.141 to 0.141: the variance is 2/300."""
    shape, found = submission.run(described, "xavier_uniform", (100, 200))
    assert_equal(shape, (100, 200), what="shape of the weights")
    for end, value in (("lowest", -141), ("highest", 141)):
        assert found[end] == value, f"the {end} weight should be about {value / 1000}, not {found[end] / 1000:.3f}"
    deviation = found["deviation"]
    assert deviation == 8, f"the weights' standard deviation should be about 0.08, not {deviation / 100:.2f}"
    even = "every number from the lowest to the highest should be as likely, but some are drawn more often than others"
    assert found["fourth moment"] == 2, even
    assert found["different numbers"] == 10, REPEATED


@pytest.mark.observed
@pytest.mark.weight(2)
def test_he_of_a_dense_layer(submission):
    """100 x 200 weights are normally distributed with standard deviation 0.1: the variance is 2/200."""
    shape, found = submission.run(described, "he_normal", (100, 200))
    assert_equal(shape, (100, 200), what="shape of the weights")
    assert found["mean"] == 0, f"the mean of the weights should be 0, not {found['mean'] / 100:.2f}"
    deviation = found["deviation"]
    assert deviation == 10, f"the weights' standard deviation should be about 0.10, not {deviation / 100:.2f}"
    normal = "the weights should be normally distributed, but far from 0 there are too few or too many of them"
    assert found["fourth moment"] == 3, normal
    assert found["different numbers"] == 10, REPEATED


@pytest.mark.observed
@pytest.mark.needs("xavier_of_a_dense_layer", "he_of_a_dense_layer")
def test_a_generator_of_its_own(submission):
    """The seed alone decides: the same gives the same, another others, and no other random numbers are disturbed."""
    for name in DRAWN:
        for fault, found in submission.run(seeding, name, (30, 40)).items():
            assert not found, f"{name} {fault}"


@pytest.mark.needs("fans_of_a_dense_layer")
def test_refuses_what_is_no_matrix(submission):
    """A shape with one axis or none is a ValueError that names it, for all three functions."""
    for name in ("fans", *DRAWN):
        assert_raises(ValueError, getattr(submission, name), (17,), mentions=("17",))
        assert_raises(ValueError, getattr(submission, name), ())
