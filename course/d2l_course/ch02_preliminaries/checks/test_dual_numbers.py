"""Public checks of ch02/dual_numbers."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, probe


def doubles(*numbers):
    """Numbers in float64, so that all their digits are compared."""
    return torch.tensor(numbers, dtype=torch.float64)


@probe
def results(module):
    """Value and derivative of each operator between two Duals."""
    Dual = module.Dual
    a, b = Dual(3.0, 2.0), Dual(4.0, 5.0)
    found = {"a + b": a + b, "a - b": a - b, "a * b": a * b, "a / b": a / b, "-a": -a}
    return {name: torch.tensor([y.value, y.deriv], dtype=torch.float64) for name, y in found.items()}


@probe
def results_with_floats(module):
    """Value and derivative where one side is a plain number."""
    x = module.Dual(4.0, 3.0)
    found = {"x + 1.5": x + 1.5, "2 + x": 2 + x, "x - 1": x - 1, "5 - x": 5 - x}
    found |= {"x * 2.5": x * 2.5, "3 * x": 3 * x, "x / 2": x / 2, "8 / x": 8 / x}
    return {name: torch.tensor([y.value, y.deriv], dtype=torch.float64) for name, y in found.items()}


@probe
def powers(module, value, deriv, exponents):
    found = [module.Dual(value, deriv) ** n for n in exponents]
    return torch.tensor([[y.value, y.deriv] for y in found], dtype=torch.float64)


@probe
def functions(module, value, deriv):
    """sin, exp and log of a Dual."""
    x = module.Dual(value, deriv)
    found = [module.sin(x), module.exp(x), module.log(x)]
    return torch.tensor([[y.value, y.deriv] for y in found], dtype=torch.float64)


@probe
def functions_of_a_float(module, x):
    """sin, exp and log of a plain number; of anything that is no number, the name of its type."""
    found = [module.sin(x), module.exp(x), module.log(x)]
    return [y if isinstance(y, float) else type(y).__name__ for y in found]


@probe
def derivatives(module, x):
    """Derivatives of a polynomial and of a function with a branch."""

    def piecewise(z):
        return z * z if z.value > 0 else z + z

    found = [module.derivative(lambda z: z * z * z + z, x), module.derivative(piecewise, x)]
    return torch.tensor(found, dtype=torch.float64)


@probe
def derivative_of_a_constant(module, x):
    """Derivatives of a function that returns a plain number, and of one that does so for some x only."""

    def ramp(z):
        return z + z if z.value > 0 else 6.0

    found = [module.derivative(lambda z: 4.0, x), module.derivative(ramp, x), module.derivative(ramp, -x)]
    return torch.tensor(found, dtype=torch.float64)


@pytest.mark.weight(2)
def test_derivative(submission):
    """The derivatives of x * x * x + x, and of a function with a branch, at 2 and at -1."""
    for x, expected in [(2.0, doubles(13, 4)), (-1.0, doubles(4, 2))]:
        assert_close(submission.run(derivatives, x), expected, rtol=1e-9, what=f"derivatives at {x}")


@pytest.mark.needs("derivative")
def test_derivative_of_a_constant(submission):
    """A function that returns a plain number has the derivative 0."""
    assert_close(submission.run(derivative_of_a_constant, 3.0), doubles(0, 2, 0), rtol=1e-9, what="derivatives")


@pytest.mark.weight(2)
@pytest.mark.needs("derivative")
def test_operators(submission):
    """Sum, difference, product, quotient and negative of two Duals, worked out by hand."""
    expected = {
        "a + b": doubles(7, 7),
        "a - b": doubles(-1, -3),
        "a * b": doubles(12, 2 * 4 + 3 * 5),
        "a / b": doubles(0.75, (2 * 4 - 3 * 5) / 16),
        "-a": doubles(-3, -2),
    }
    assert_close(submission.run(results), expected, rtol=1e-9, what="(value, derivative) of ")


@pytest.mark.needs("derivative")
def test_plain_numbers_on_either_side(submission):
    """Ints and floats on the left and on the right of an operator are constants."""
    expected = {
        "x + 1.5": doubles(5.5, 3),
        "2 + x": doubles(6, 3),
        "x - 1": doubles(3, 3),
        "5 - x": doubles(1, -3),
        "x * 2.5": doubles(10, 7.5),
        "3 * x": doubles(12, 9),
        "x / 2": doubles(2, 1.5),
        "8 / x": doubles(2, -8 * 3 / 16),
    }
    assert_close(submission.run(results_with_floats), expected, rtol=1e-9, what="(value, derivative) of ")


@pytest.mark.needs("derivative")
def test_powers(submission):
    """x ** 3, x ** 1, x ** 0 and x ** -2 for x = 2, which itself moves 5 times as fast as the variable."""
    # The derivative of x^n is n * x^(n - 1), times 5.
    expected = doubles(8, 12 * 5, 2, 5, 1, 0, 0.25, -2 / 8 * 5).reshape(4, 2)
    assert_close(submission.run(powers, 2.0, 5.0, [3, 1, 0, -2]), expected, rtol=1e-9, what="powers")


@pytest.mark.needs("derivative")
def test_functions_of_duals(submission):
    """sin, exp and log multiply their own derivative by that of what is inside."""
    x, inner = 1.3, 4.0
    expected = [[math.sin(x), math.cos(x) * inner], [math.exp(x), math.exp(x) * inner], [math.log(x), inner / x]]
    found = submission.run(functions, x, inner)
    assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=1e-9, what="(value, derivative)")


@pytest.mark.needs("functions_of_duals")
def test_functions_of_floats(submission):
    """Of a float, sin, exp and log are floats."""
    found = submission.run(functions_of_a_float, 1.3)
    assert_close(found, [math.sin(1.3), math.exp(1.3), math.log(1.3)], rtol=1e-9, what="sin, exp, log")
