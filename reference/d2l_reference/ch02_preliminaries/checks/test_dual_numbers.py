"""Hidden checks of ch02/dual_numbers."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe

# The same functions in torch, differentiated by autograd in float64.
FORMULAS = {
    "steep power": lambda x: x**9 - 4 * x**-3,
    "nested sine": lambda x: torch.sin(x * x + 1) * 3,
    "gauss": lambda x: torch.exp(-x * x / 2),
    "log of sum": lambda x: torch.log(1 + torch.exp(5 - x)),
    "quotient": lambda x: (x**2 - 1) / (x**2 + 1),
    "reflected": lambda x: 2 - 1 / x + 3 * x,
    "fast wave": lambda x: torch.sin(20 * x) / x,
    "power of wave": lambda x: torch.sin(x) ** 3 * torch.exp(x),
    "negative power": lambda x: (1 + x * x) ** -2,
    "iteration": lambda x: torch.sin(torch.sin(torch.sin(x) * 2) * 2) * 2 + x,
}


@probe
def derivatives(module, name, points):
    sin, exp, log = module.sin, module.exp, module.log

    def iteration(x):
        y = x
        for _ in range(3):
            y = sin(y) * 2
        return y + x

    functions = {
        "steep power": lambda x: x**9 - 4 * x**-3,
        "nested sine": lambda x: sin(x * x + 1) * 3,
        "gauss": lambda x: exp(-x * x / 2),
        "log of sum": lambda x: log(1 + exp(5 - x)),
        "quotient": lambda x: (x**2 - 1) / (x**2 + 1),
        "reflected": lambda x: 2 - 1 / x + 3 * x,
        "fast wave": lambda x: sin(20 * x) / x,
        "power of wave": lambda x: sin(x) ** 3 * exp(x),
        "negative power": lambda x: (1 + x * x) ** -2,
        "iteration": iteration,
    }
    return torch.tensor([module.derivative(functions[name], x) for x in points], dtype=torch.float64)


@probe
def operands_afterwards(module, a, b):
    """The operands after each operator, also after `+=` and its like on another name."""
    Dual = module.Dual
    x, y = Dual(*a), Dual(*b)
    results = [x + y, x - y, x * y, x / y, -x, x**2, 1 + x, 1 - x, 2 * x, 1 / x, x + 1, x * 3]
    z = x
    z += y
    w = y
    w *= x
    results += [z, w, module.sin(x), module.exp(x), module.log(y)]
    alone = not any(r is x or r is y for r in results)
    return torch.tensor([x.value, x.deriv, y.value, y.deriv, z.value, w.deriv], dtype=torch.float64), alone


@probe
def functions_of_floats(module, x):
    """sin, exp, log of a float, and derivative's result."""
    found = [module.sin(x), module.exp(x), module.log(x), module.derivative(lambda z: z * 2, x)]
    found.append(module.derivative(lambda z: 3, x))
    return found, torch.tensor(found, dtype=torch.float64)


@probe
def powers_of_zero(module):
    """x ** 0, x ** 1 and x ** 2 at x = 0, and a constant Dual made without a derivative."""
    x, c = module.Dual(0.0, 1.0), module.Dual(4.0)
    found = [x**0, x**1, x**2, c * x, c]
    return torch.tensor([[y.value, y.deriv] for y in found], dtype=torch.float64)


@pytest.mark.weight(4)
@pytest.mark.needs("derivative")
def test_exact_derivatives(submission, rng):
    """Ten functions at three points each, right to nine digits: no small step comes that close."""
    for name, formula in FORMULAS.items():
        x = rng.uniform(3, low=0.3, high=1.6, dtype=torch.float64)
        leaf = x.clone().requires_grad_()
        (expected,) = torch.autograd.grad(formula(leaf).sum(), leaf)
        found = submission.run(derivatives, name, x.tolist())
        assert_close(found, expected, rtol=1e-9, atol=1e-10, what=f"derivatives ({name})")


@pytest.mark.needs("operators")
def test_operands_are_left_alone(submission, rng):
    """No operator changes its operands or hands one back, `+=` included."""
    a, b = rng.uniform(2, low=1.0, high=3.0).tolist(), rng.uniform(2, low=1.0, high=3.0).tolist()
    found, alone = submission.run(operands_afterwards, a, b)
    expected = torch.tensor([*a, *b, a[0] + b[0], a[0] * b[1] + a[1] * b[0]], dtype=torch.float64)
    assert_close(found, expected, rtol=1e-9, what="operands afterwards, and results")
    assert alone, "an operator or function returned one of its operands instead of a new Dual"


@pytest.mark.needs("derivative")
def test_floats_give_floats(submission, rng):
    """sin, exp and log of a float are floats, and so is every derivative."""
    x = rng.uniform(low=0.5, high=2.0).item()
    found, numbers = submission.run(functions_of_floats, x)
    expected = torch.tensor([math.sin(x), math.exp(x), math.log(x), 2.0, 0.0], dtype=torch.float64)
    assert_close(numbers, expected, rtol=1e-9, what="results for a float")
    assert_equal([type(number).__name__ for number in found], ["float"] * 5, what="types of the results")


@pytest.mark.needs("powers")
def test_powers_of_zero(submission):
    """At 0 the powers 0, 1 and 2 have the derivatives 0, 1 and 0; a Dual without a derivative is a constant."""
    expected = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 4.0], [4.0, 0.0]], dtype=torch.float64)
    assert_close(submission.run(powers_of_zero), expected, rtol=1e-9, what="(value, derivative)")
