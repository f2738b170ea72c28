"""Hidden checks of ch05/activations."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_gradients

ORACLES = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


@pytest.mark.weight(2)
@pytest.mark.needs("relu", "sigmoid", "tanh", "prelu")
def test_any_shape_and_dtype(submission, rng):
    """Vectors, arrays with three axes and single numbers, in float32 and float64; the dtype is kept."""
    for dtype in (torch.float32, torch.float64):
        for shape in ((5,), (2, 3, 4), ()):
            x = rng.uniform(*shape, low=0.2, high=3.0, dtype=dtype)
            for name, oracle in ORACLES.items():
                assert_close(getattr(submission, name)(x), oracle(x), dtype=True, what=name)
            for a in (1.7, -0.6):
                below = submission.prelu(-x, torch.tensor(a, dtype=dtype))
                assert_close(below, -a * x, dtype=True, what=f"prelu of negative numbers for a = {a}")


@pytest.mark.weight(2)
@pytest.mark.needs("sigmoid_of_large_numbers")
def test_tiny_values_keep_their_digits(submission, rng):
    """Far below 0, sigmoid is as small as exp, to six digits, and not cut off."""
    x = torch.cat([torch.tensor([-50.0]), rng.uniform(5, low=-600.0, high=-40.0)]).double()
    for one in x:
        assert_close(submission.sigmoid(one), torch.exp(one), rtol=1e-6, atol=0.0, what="sigmoid")


@pytest.mark.needs("sigmoid_of_large_numbers", "tanh_of_large_numbers")
def test_in_between(submission, rng):
    """Also around 15, 45 and 90, where only one of exp(x) and exp(2x) overflows, values and gradients are right."""
    middles = torch.tensor([15.0, 45.0, 90.0])
    x = torch.cat([middles, -middles, torch.zeros(1)]) + rng.uniform(7)
    for name in ("sigmoid", "tanh"):
        assert_close(getattr(submission, name)(x), ORACLES[name](x), what=name)
        assert_gradients(submission, name, (x,), ORACLES[name])
