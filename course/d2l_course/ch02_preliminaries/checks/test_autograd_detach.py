"""Public checks of ch02/autograd_detach."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_gradients, assert_raises, probe


@probe
def of_squares(module, x):
    """f(x) = sum of squares: value, gradient, and whether the gradient is tied to a graph."""
    value, gradient = module.value_and_grad(lambda z: (z * z).sum(), x)
    return value, gradient.detach(), gradient.requires_grad


@probe
def of_branches(module, x):
    """A function with a branch and a loop, asked twice."""

    def f(z):
        y = z.sum()
        while y.abs() < 100:
            y = y * 3
        return y if y > 0 else y * y

    return module.value_and_grad(f, x), module.value_and_grad(f, x)


@probe
def tensors_afterwards(module, x, w, old):
    """x, which requires a gradient and has one already, and a weight that f uses: their state afterwards."""
    x, w = x.clone().requires_grad_(), w.clone().requires_grad_()
    x.grad = old.clone()
    value, gradient = module.value_and_grad(lambda z: (w * z).sum(), x)
    return value, gradient.detach(), x.grad, x.requires_grad, w.grad


@probe
def of_plain_tensor(module, x):
    """Whether a tensor that requires no gradient is still such a one afterwards."""
    _, gradient = module.value_and_grad(lambda z: (z**3).sum(), x)
    return gradient.detach(), x.requires_grad, x.grad


@probe
def of_a_weight_alone(module, x, w):
    w = w.clone().requires_grad_()
    return module.value_and_grad(lambda z: w.sum(), x)


@probe
def of_a_constant(module, x):
    """A single number, but with an axis."""
    return module.value_and_grad(lambda z: torch.tensor([2.5]), x)


@probe
def of_a_vector(module, x):
    return module.value_and_grad(lambda z: z * 2, x)


@probe
def with_x_itself(module, x):
    """f multiplies by the caller's own x, once as a plain tensor and once as one that requires a gradient."""
    leaf = x.clone().requires_grad_()
    return [module.value_and_grad(lambda z, x=x: (z * x).sum(), x) for x in (x, leaf)]


@probe
def of_matrix(module, x, shape):
    return module.value_and_grad(lambda z: z.reshape(shape) + 1, x)


@probe
def of_constants(module, x):
    """Three numbers, none of which depends on x."""
    return module.value_and_grad(lambda z: torch.ones(3), x)


def test_value_and_gradient(submission):
    """The sum of squares at (1, -3, 2): value 14, gradient (2, -6, 4), both free of any graph."""
    value, gradient, tied = submission.run(of_squares, torch.tensor([1.0, -3.0, 2.0]))
    assert_close(value, 14.0, what="value")
    assert_close(gradient, torch.tensor([2.0, -6.0, 4.0]), what="gradient")
    assert isinstance(value, float), f"the value is a {type(value).__name__}, not a Python float"
    assert not tied, "the gradient belongs to a graph: it requires a gradient itself"


@pytest.mark.weight(2)
@pytest.mark.needs("value_and_gradient")
def test_control_flow(submission):
    """Branches and loops are followed, and a second call gives the same answer."""
    # 1 + 3 = 4 is tripled three times: 108. For -4 the result is squared: 108^2, with the slope 2 * (-108) * 27.
    for x, expected in [((1.0, 3.0), (108.0, 27.0)), ((-1.0, -3.0), (11664.0, -5832.0))]:
        wanted = (expected[0], torch.full((2,), expected[1]))
        once, again = submission.run(of_branches, torch.tensor(x))
        assert_close(once, wanted, what="(value, gradient)")
        assert_close(again, wanted, what="(value, gradient) of a second call")


@pytest.mark.weight(2)
@pytest.mark.needs("value_and_gradient")
def test_leaves_no_trace(submission, rng):
    """x keeps the .grad that it has, and a weight that f uses gets none."""
    x, w, old = rng.normal(3), rng.normal(3), rng.normal(3)
    value, gradient, grad, requires_grad, other = submission.run(tensors_afterwards, x, w, old)
    assert_close(value, (w * x).sum(), what="value")
    assert_close(gradient, w, what="gradient")
    assert_close(grad, old, what="x.grad afterwards")
    assert_equal(requires_grad, True, what="x.requires_grad afterwards")
    assert other is None, "the weight that f uses has a .grad afterwards"


@pytest.mark.needs("value_and_gradient")
def test_plain_tensor_stays_plain(submission, rng):
    """A tensor that requires no gradient requires none afterwards."""
    x = rng.normal(4)
    gradient, requires_grad, grad = submission.run(of_plain_tensor, x)
    assert_close(gradient, 3 * x**2, what="gradient")
    assert_equal(requires_grad, False, what="x.requires_grad afterwards")
    assert grad is None, "x has a .grad afterwards"


@pytest.mark.needs("value_and_gradient")
def test_function_that_ignores_x(submission, rng):
    """A function that does not depend on x has a gradient of zeros."""
    x, w = rng.normal(2, 3), rng.normal(4)
    expected = (w.sum().item(), torch.zeros(2, 3))
    assert_close(submission.run(of_a_weight_alone, x, w), expected, what="answer for a weight's sum", trivial=True)
    assert_close(submission.run(of_a_constant, x), (2.5, torch.zeros(2, 3)), what="answer for a constant", trivial=True)


@pytest.mark.needs("value_and_gradient")
def test_refuses_a_vector(submission, rng):
    """A function that returns five numbers has no gradient: a ValueError that says how many."""
    assert_raises(ValueError, submission.run, of_a_vector, rng.normal(5), mentions=("5",))


def test_rounds(submission):
    """Forwards it rounds, halves to the even neighbour as torch does."""
    x = torch.tensor([0.4, 1.7, -2.6, 2.5, -0.2, 3.5])
    expected = torch.tensor([0.0, 2.0, -3.0, 2.0, 0.0, 4.0])
    assert_close(submission.straight_through_round(x), expected, what="rounded numbers")


@pytest.mark.weight(2)
@pytest.mark.needs("rounds")
def test_gradient_passes_straight_through(submission, rng):
    """Backwards the gradient arrives as if nothing had been rounded."""
    assert_gradients(submission, "straight_through_round", (rng.normal(3, 4, std=3.0),), lambda x: x.clone())


@pytest.mark.needs("value_and_gradient", "rounds")
def test_double_precision(submission):
    """The gradient and the rounded numbers of float64 are float64."""
    x = torch.tensor([1.5, -2.75], dtype=torch.float64)
    _, gradient, _ = submission.run(of_squares, x)
    assert_close(gradient, 2 * x, dtype=True, what="gradient")
    expected = torch.tensor([2.0, -3.0], dtype=torch.float64)
    assert_close(submission.straight_through_round(x), expected, dtype=True, what="rounded numbers")


@pytest.mark.needs("leaves_no_trace")
def test_function_uses_x(submission, rng):
    """Where f uses the caller's x, that is a constant: only its argument counts."""
    x = rng.uniform(3, low=0.5, high=2.0)
    for answer in submission.run(with_x_itself, x):
        assert_close(answer, ((x * x).sum().item(), x), what="(value, gradient)")


@pytest.mark.needs("rounds")
def test_rounds_to_the_last_digit(submission, rng):
    """Small and large numbers are exactly those of torch.round, in single and in double precision."""
    for x in (rng.normal(300, std=4.0), rng.normal(40, dtype=torch.float64, std=1e9)):
        rounded = submission.straight_through_round(x)
        assert_close(rounded, x.round(), rtol=0.0, atol=0.0, dtype=True, what="rounded numbers")


@pytest.mark.needs("refuses_a_vector")
def test_refuses_a_matrix(submission, rng):
    """Several numbers in any shape are refused, and constants too."""
    assert_raises(ValueError, submission.run, of_matrix, rng.normal(6), [2, 3], mentions=("6",))
    assert_raises(ValueError, submission.run, of_matrix, rng.normal(2), [1, 2, 1], mentions=("2",))
    assert_raises(ValueError, submission.run, of_constants, rng.normal(2), mentions=("3",))
