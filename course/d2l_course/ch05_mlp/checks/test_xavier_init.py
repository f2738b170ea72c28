"""Public checks of ch05/xavier_init."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

DRAWN = ("xavier_uniform", "he_normal")


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
    """What is true of the seed, the default seed, other seeds, and torch's own stream."""
    draw = getattr(module, name)
    before = torch.random.get_rng_state()
    first, again, default, others = draw(shape, 0), draw(shape, 0), draw(shape), [draw(shape, s) for s in (1, 2)]
    return {
        "same seed, same weights": torch.equal(first, again),
        "the default is seed 0": torch.equal(first, default),
        "other seeds, other weights": not any(torch.equal(first, other) for other in others),
        "torch's own random numbers go on undisturbed": torch.equal(before, torch.random.get_rng_state()),
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
    ends = (found["lowest"], found["highest"])
    assert_close(ends, (-141.0, 141.0), atol=0.5, what="lowest and highest weight, in thousandths,")
    assert_close(found["deviation"], 8.0, what="standard deviation, in hundredths,")
    assert_close(found["fourth moment"], 2.0, what="fourth moment (2 where all numbers are as likely, 3 where normal)")
    assert_close(found["different numbers"], 10.0, what="number of different weights, of every ten,")


@pytest.mark.observed
@pytest.mark.weight(2)
def test_he_of_a_dense_layer(submission):
    """100 x 200 weights are normally distributed with standard deviation 0.1: the variance is 2/200."""
    shape, found = submission.run(described, "he_normal", (100, 200))
    assert_equal(shape, (100, 200), what="shape of the weights")
    assert_close(found["mean"], 0.0, trivial=True, what="mean, in hundredths,")
    assert_close(found["deviation"], 10.0, what="standard deviation, in hundredths,")
    assert_close(found["fourth moment"], 3.0, what="fourth moment (2 where all numbers are as likely, 3 where normal)")
    assert_close(found["different numbers"], 10.0, what="number of different weights, of every ten,")


@pytest.mark.observed
@pytest.mark.needs("xavier_of_a_dense_layer", "he_of_a_dense_layer")
def test_a_generator_of_its_own(submission):
    """The seed alone decides: the same gives the same, another others, and torch's own stream is not touched."""
    for name in DRAWN:
        for fact, holds in submission.run(seeding, name, (30, 40)).items():
            assert_equal(holds, True, what=f"statement '{fact}' about {name}")


@pytest.mark.needs("fans_of_a_dense_layer")
def test_refuses_what_is_no_matrix(submission):
    """A shape with one axis or none is a ValueError that names it, for all three functions."""
    for name in ("fans", *DRAWN):
        assert_raises(ValueError, getattr(submission, name), (17,), mentions=("17",))
        assert_raises(ValueError, getattr(submission, name), ())
