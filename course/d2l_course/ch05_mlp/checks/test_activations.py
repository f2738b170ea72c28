"""Public checks of ch05/activations."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_gradients, assert_unchanged


def prelu(x, a):
    return torch.where(x > 0, x, a * x)


ORACLES = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def away_from_zero(x):
    return x + 0.1 * x.sign()


@pytest.mark.weight(2)
def test_relu(submission, rng):
    """relu keeps what is positive and makes the rest 0; its slope is 1 or 0."""
    x = torch.tensor([-2.0, -0.5, 0.0, 0.5, 3.0])
    assert_close(submission.relu(x), torch.tensor([0.0, 0.0, 0.0, 0.5, 3.0]), what="relu of -2, -0.5, 0, 0.5, 3")
    assert_gradients(submission, "relu", (away_from_zero(rng.normal(2, 3, 4)),), torch.relu)


@pytest.mark.weight(2)
def test_sigmoid(submission, rng):
    """sigmoid and its slope are torch's; at exactly 0 the slope is 1/4."""
    x = torch.cat([rng.normal(6, dtype=torch.float64, std=3.0), torch.zeros(2)])
    assert_close(submission.sigmoid(x), torch.sigmoid(x), dtype=True, what="sigmoid")
    assert_gradients(submission, "sigmoid", (x,), torch.sigmoid)


@pytest.mark.weight(2)
def test_tanh(submission, rng):
    """tanh and its slope are torch's; at exactly 0 the slope is 1."""
    x = torch.cat([rng.normal(6, dtype=torch.float64), torch.tensor([0.0, 0.0, -2.5, 2.5])])
    assert_close(submission.tanh(x), torch.tanh(x), dtype=True, what="tanh")
    assert_gradients(submission, "tanh", (x,), torch.tanh)


@pytest.mark.weight(2)
def test_prelu(submission, rng):
    """prelu multiplies what is negative with a, itself positive or negative, and is differentiable in x and in a."""
    x = torch.tensor([-2.0, -1.0, 3.0])
    assert_close(submission.prelu(x, torch.tensor(0.5)), torch.tensor([-1.0, -0.5, 3.0]), what="prelu of -2, -1, 3")
    found = submission.prelu(x, torch.tensor(-0.5))
    assert_close(found, torch.tensor([1.0, 0.5, 3.0]), what="prelu of -2, -1, 3 for a = -0.5")
    assert_gradients(submission, "prelu", (away_from_zero(rng.normal(3, 4)), torch.tensor(0.3)), prelu, wrt=(0, 1))


@pytest.mark.weight(2)
@pytest.mark.needs("sigmoid")
def test_sigmoid_of_large_numbers(submission):
    """For 200 and 10000, above and below 0, sigmoid's values are right and its gradients finite."""
    x = torch.tensor([-1e4, -200.0, 0.0, 200.0, 1e4])
    assert_close(submission.sigmoid(x), torch.sigmoid(x), what="sigmoid")
    assert_gradients(submission, "sigmoid", (x,), torch.sigmoid)


@pytest.mark.weight(2)
@pytest.mark.needs("tanh")
def test_tanh_of_large_numbers(submission):
    """For 200 and 10000, above and below 0, tanh's values are right and its gradients finite."""
    x = torch.tensor([-1e4, -200.0, 0.0, 200.0, 1e4])
    assert_close(submission.tanh(x), torch.tanh(x), what="tanh")
    assert_gradients(submission, "tanh", (x,), torch.tanh)


@pytest.mark.needs("tanh_of_large_numbers")
def test_tanh_is_not_cut_off(submission, rng):
    """Between 10 and 13, tanh in float64 is close to 1, but not 1: what is missing has two right digits."""
    x = rng.uniform(6, low=10.0, high=13.0, dtype=torch.float64)
    for sign in (1, -1):
        missing = 1 - sign * submission.tanh(sign * x)
        assert_close(missing, 1 - torch.tanh(x), rtol=0.02, atol=0.0, what="distance of tanh from its limit")


@pytest.mark.needs("relu", "sigmoid", "tanh", "prelu")
def test_arguments_are_left_alone(submission, rng):
    """x is the same after the calls, and what comes back has memory of its own."""
    for name in ORACLES:
        assert_unchanged(submission, name, rng.normal(7))
        assert_unchanged(submission, name, rng.uniform(7, low=0.5))
    assert_unchanged(submission, "prelu", rng.normal(7), torch.tensor(0.5))
