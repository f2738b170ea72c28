"""Hidden checks of ch02/autograd_detach."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_unchanged, probe


@probe
def of_any(module, x, w):
    """Functions of one number's worth: a sum, a value of shape [1], one that detaches a factor."""
    functions = [
        lambda z: (z.sin() * w).sum(),
        lambda z: (z * w).sum().reshape(1),
        lambda z: (z.detach() ** 2 * z).sum(),
    ]
    return [module.value_and_grad(f, x) for f in functions]


@probe
def within_a_graph(module, x, w):
    """x in the middle of a graph: value and gradient, and what reaches the leaf and a hook in later training."""
    leaf, weight = x.clone().requires_grad_(), w.clone().requires_grad_()
    middle = leaf * 2
    value, gradient = module.value_and_grad(lambda z: (z * z * weight).sum(), middle)
    before = leaf.grad, weight.grad
    (middle * 3).sum().backward()
    return value, gradient.detach(), before, leaf.grad, middle.requires_grad, gradient.requires_grad


@probe
def of_the_callers_constant(module, x, c):
    """f returns a tensor of the caller's; does that require a gradient afterwards?"""
    value, gradient = module.value_and_grad(lambda z: c, x)
    return value, gradient.detach(), c.requires_grad, c.grad


@probe
def gradient_of_squares(module, x):
    """The gradient of the sum of squared rounded numbers, and the gradient that a scale in front of it gets."""
    x, scale = x.clone().requires_grad_(), torch.tensor(2.0, dtype=x.dtype, requires_grad=True)
    rounded = module.straight_through_round(x * scale)
    rounded.square().sum().backward()
    return rounded.detach(), x.grad, scale.grad


@pytest.mark.weight(3)
@pytest.mark.needs("control_flow")
def test_any_shape_and_dtype(submission, rng):
    """Points of any shape, in single and double precision; values of one number; detached factors."""
    for dtype in (torch.float32, torch.float64):
        for shape in [(), (rng.integers(2, 6),), (2, rng.integers(2, 4), 1)]:
            # Away from zero: a point without axes must not have an answer of about 0 by chance.
            x = rng.uniform(*shape, low=0.4, high=1.3, dtype=dtype)
            w = rng.uniform(*shape, low=-2.0, high=-0.5, dtype=dtype)
            expected = [
                ((x.sin() * w).sum().item(), x.cos() * w),
                ((x * w).sum().item(), w),
                ((x**3).sum().item(), x**2),  # the detached factor counts as a constant
            ]
            for (value, gradient), (wanted, slope) in zip(submission.run(of_any, x, w), expected, strict=True):
                assert_close(value, wanted, rtol=1e-3, atol=1e-4, what="value")
                exact = {"rtol": 1e-10, "atol": 1e-12} if dtype == torch.float64 else {}
                assert_close(gradient, slope, dtype=True, what="gradient", **exact)


@pytest.mark.weight(2)
@pytest.mark.needs("leaves_no_trace", "plain_tensor_stays_plain")
def test_within_a_graph(submission, rng):
    """x may be part of a graph, which still works afterwards and has gained nothing."""
    x, w = rng.normal(4), rng.normal(4)
    value, gradient, before, grad, still, tied = submission.run(within_a_graph, x, w)
    assert_close(value, (4 * x * x * w).sum(), what="value")
    assert_close(gradient, 4 * x * w, what="gradient")
    assert_equal(before, (None, None), what=".grad of the leaf and of the weight")
    assert_close(grad, torch.full((4,), 6.0), what="gradient of the leaf in later training")
    assert_equal((still, tied), (True, False), what="requires_grad of x and of the gradient")


@pytest.mark.needs("function_that_ignores_x")
def test_constant_stays_plain(submission, rng):
    """A constant of the caller's is left as it is, and the zeros have x's dtype."""
    for dtype in (torch.float64, torch.float32):
        x, c = rng.normal(2, 3, dtype=dtype), rng.uniform(low=1.0, high=2.0, dtype=dtype)
        value, gradient, requires_grad, grad = submission.run(of_the_callers_constant, x, c)
        assert_close(value, c, what="value")
        assert_close(gradient, torch.zeros_like(x), dtype=True, trivial=True, what="gradient")
        assert_equal((requires_grad, grad), (False, None), what="requires_grad and .grad of the constant")


@pytest.mark.weight(2)
@pytest.mark.needs("gradient_passes_straight_through")
def test_gradient_of_rounded_squares(submission, rng):
    """Squared afterwards, the gradient is twice the rounded number; what stands in front learns as well."""
    for dtype in (torch.float32, torch.float64):
        x = rng.normal(rng.integers(4, 9), dtype=dtype, std=4.0)
        rounded, grad, scale_grad = submission.run(gradient_of_squares, x)
        expected = (2 * x).round()
        assert_close(rounded, expected, dtype=True, what="rounded numbers")
        assert_close(grad, 4 * expected, dtype=True, what="gradient of x")
        assert_close(scale_grad, (2 * expected * x).sum(), what="gradient of the scale")


@pytest.mark.needs("rounds")
def test_rounding_leaves_its_argument_alone(submission, rng):
    """x is the same after rounding, and the result has memory of its own."""
    assert_unchanged(submission, "straight_through_round", rng.normal(3, 4, std=3.0))
