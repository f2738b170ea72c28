"""Public checks of ch02/numerical_gradient."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def gradient_of_product(module, x, h):
    """f(x) = x_0^2 * x_1."""
    return module.numerical_gradient(lambda z: z[0] ** 2 * z[1], x, h)


@probe
def gradient_of_waves(module, x):
    """f(x) = sum of sin(x_i) * exp(x_i / 2)."""
    return module.numerical_gradient(lambda z: (z.sin() * (z / 2).exp()).sum(), x)


@probe
def gradient_and_calls(module, x):
    """The gradient of the sum of cubes, which is a Python float here, and how often f was called."""
    calls = []

    def cubes(z):
        calls.append(1)
        return float((z**3).sum())

    return module.numerical_gradient(cubes, x), len(calls)


@probe
def gradient_of_cubes(module, x, h):
    return module.numerical_gradient(lambda z: (z**3).sum(), x, h)


@probe
def gradient_and_argument(module, x):
    return module.numerical_gradient(lambda z: (z * z).sum(), x, 0.1), x


def test_worked_example(submission):
    """At (3, 5) the gradient of x^2 y is (2xy, x^2) = (30, 9)."""
    x = torch.tensor([3.0, 5.0], dtype=torch.float64)
    # Along each coordinate f is a parabola at most: there the central difference is exact for any h.
    gradient = submission.run(gradient_of_product, x, 0.5)
    assert_close(gradient, torch.tensor([30.0, 9.0], dtype=torch.float64), rtol=1e-6, what="gradient")


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_matrix(submission, rng):
    """The gradient has the shape of x, and each coordinate its own derivative."""
    x = rng.normal(2, 3, dtype=torch.float64)
    expected = (x / 2).exp() * (x.cos() + x.sin() / 2)
    assert_close(submission.run(gradient_of_waves, x), expected, rtol=1e-6, atol=1e-7, what="gradient")


@pytest.mark.needs("worked_example")
def test_whole_numbers(submission):
    """A point of whole numbers is moved by h as well, and the gradient is float64."""
    gradient = submission.run(gradient_of_product, torch.tensor([3, 5]), 1e-4)
    expected = torch.tensor([30.0, 9.0], dtype=torch.float64)
    assert_close(gradient, expected, rtol=1e-6, dtype=True, what="gradient")


@pytest.mark.needs("worked_example")
def test_step_is_h(submission):
    """Of x^3 the central difference is 3x^2 + h^2: every coordinate is moved by h, and float32 becomes float64."""
    x, h = torch.tensor([1.5, -2.0, 0.5]), 0.25
    expected = torch.tensor([6.8125, 12.0625, 0.8125], dtype=torch.float64)
    assert_close(submission.run(gradient_of_cubes, x, h), expected, dtype=True, what="gradient")


@pytest.mark.observed
@pytest.mark.needs("worked_example")
def test_two_calls_for_each_coordinate(submission, rng):
    """f is called exactly twice for each coordinate."""
    x = rng.normal(5, dtype=torch.float64)
    gradient, calls = submission.run(gradient_and_calls, x)
    assert_close(gradient, 3 * x**2, rtol=1e-6, atol=1e-7, what="gradient")
    assert_equal(calls, 10, what="number of calls of f for five coordinates")


@pytest.mark.needs("worked_example")
def test_argument_is_left_alone(submission, rng):
    """x is the same after the call, to the last digit."""
    x = rng.normal(40, dtype=torch.float64, std=10.0)
    gradient, after = submission.run(gradient_and_argument, x)
    assert_close(gradient, 2 * x, rtol=1e-6, atol=1e-7, what="gradient")
    assert torch.equal(after, x), "x has changed, if only in its last digits"
