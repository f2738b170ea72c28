"""Hidden checks of ch02/numerical_gradient."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def gradient(module, name, x, w):
    functions = {
        "quartic": lambda z: ((z - w) ** 4).sum() / 4,
        "coupled": lambda z: (z * w).sum() ** 2 + z.sin().sum(),
        "waves": lambda z: (z.cos() * w).sum().item(),  # a Python float is fine too
        "product": lambda z: z.prod() + (z * w).sum(),
        "picked": lambda z: z.reshape(-1)[0],  # a view of what f is given
    }
    return module.numerical_gradient(functions[name], x)


@probe
def gradients_for_steps(module, x, steps):
    """The gradient of the sum of exponentials for several h."""
    return [module.numerical_gradient(lambda z: z.exp().sum(), x, h) for h in steps]


@probe
def points_and_gradient(module, x, h):
    """Where f was called, as copies, and the gradient."""
    points = []

    def f(z):
        points.append(z.clone())
        return (z**2).sum()

    return torch.stack([p.double() for p in (module.numerical_gradient(f, x, h), *points)])


@probe
def gradient_of_function_that_uses_x(module, x):
    """f multiplies with the caller's own tensor, which must stand still meanwhile."""
    return module.numerical_gradient(lambda z: (z * x).sum(), x)


@probe
def gradient_of_absolute_values(module, x):
    return module.numerical_gradient(lambda z: z.abs().sum(), x)


@probe
def gradient_at_transposed(module, x, w):
    """Of a point that does not lie row by row in memory and belongs to a graph."""
    point = x.clone().requires_grad_().t()
    return module.numerical_gradient(lambda z: (z**2 * w).sum(), point)


@probe
def gradient_of_function_with_weights(module, x, w):
    """The gradient, whether it belongs to a graph, and what the weights' .grad is afterwards."""
    w = w.clone().requires_grad_()
    gradient = module.numerical_gradient(lambda z: (z * w).sin().sum(), x)
    return gradient.detach(), gradient.requires_grad, w.grad


EXPECTED = {
    "quartic": lambda x, w: (x - w) ** 3,
    "coupled": lambda x, w: 2 * (x * w).sum() * w + x.cos(),
    "waves": lambda x, w: -x.sin() * w,
    "product": lambda x, w: x.prod() / x + w,
    "picked": lambda x, w: (torch.arange(x.numel()) == 0).double().reshape(x.shape),
}


@pytest.mark.weight(3)
@pytest.mark.needs("matrix")
def test_any_function_and_shape(submission, rng):
    """Functions that tie coordinates together or pick one out, points of any shape, also without axes."""
    for name, oracle in EXPECTED.items():
        for shape in [(), (1,), (rng.integers(2, 6),), (2, rng.integers(2, 4), 2)]:
            # Away from each other: a point without axes must not have a gradient of about 0 by chance.
            x = rng.uniform(*shape, low=1.0, high=3.0, dtype=torch.float64)
            w = rng.uniform(*shape, low=-2.0, high=-0.5, dtype=torch.float64)
            found = submission.run(gradient, name, x, w)
            assert_close(found, oracle(x, w), rtol=1e-5, atol=1e-6, dtype=True, what=f"gradient, shape {shape}")


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_error_shrinks_with_h_squared(submission, rng):
    """With a tenth of h, the error is about a hundredth."""
    x = rng.uniform(4, low=-1.0, high=2.0, dtype=torch.float64)
    coarse, fine = submission.run(gradients_for_steps, x, [0.1, 0.01])
    assert_close(fine, x.exp(), rtol=1e-2, what="gradient for h = 0.01")
    ratio = (coarse - x.exp()).abs().sum() / (fine - x.exp()).abs().sum()
    assert 60 < ratio < 160, f"with a tenth of h the error shrinks to a {ratio:.3g}th"


@pytest.mark.weight(2)
@pytest.mark.needs("whole_numbers")
def test_single_precision_point(submission, rng):
    """At a float32 point, and at whole numbers, the gradient has the digits of float64."""
    for x in (rng.normal(5, mean=2.0), rng.integers(-9, 9, 5), rng.integers(1, 9, 4).to(torch.uint8)):
        w = rng.normal(len(x), dtype=torch.float64)
        found = submission.run(gradient, "coupled", x, w)
        expected = EXPECTED["coupled"](x.double(), w)
        assert_close(found, expected, rtol=1e-6, atol=1e-6, dtype=True, what=f"gradient at a point of {x.dtype}")


@pytest.mark.needs("matrix")
def test_one_coordinate_at_a_time(submission, rng):
    """Each call of f sees one coordinate moved by h, up or down, and all others exactly where they were."""
    x, h = rng.normal(3, dtype=torch.float64), 0.01
    found, *points = submission.run(points_and_gradient, x, h)
    assert_close(found, 2 * x, rtol=1e-6, atol=1e-6, what="gradient")
    moved = torch.stack(points) - x
    assert_close(moved.abs().sum(dim=1), torch.full((6,), h, dtype=torch.float64), what="distance of the points")
    assert bool(((moved != 0).sum(dim=1) == 1).all()), "some call of f saw more than one coordinate moved"


@pytest.mark.needs("argument_is_left_alone")
def test_function_may_use_x(submission, rng):
    """f may use the caller's x, which stands still while the copy is moved."""
    x = rng.normal(4, dtype=torch.float64)
    assert_close(submission.run(gradient_of_function_that_uses_x, x), x, rtol=1e-6, atol=1e-7, what="gradient")


@pytest.mark.needs("matrix")
def test_function_with_weights(submission, rng):
    """f may use weights that require gradients: the numerical gradient belongs to no graph all the same."""
    x, w = rng.normal(4, dtype=torch.float64), rng.normal(4, dtype=torch.float64)
    found, tied, grad = submission.run(gradient_of_function_with_weights, x, w)
    assert_close(found, w * (x * w).cos(), rtol=1e-5, atol=1e-6, what="gradient")
    assert_equal(tied, False, what="requires_grad of the gradient")
    assert grad is None, "the weights have a .grad afterwards"


@pytest.mark.needs("worked_example")
def test_kink(submission, rng):
    """At the kink of |x| the two sides cancel: the difference is 0 there."""
    x = torch.tensor([0.0, 2.0, 0.0, -3.0], dtype=torch.float64)[rng.permutation(4)]
    assert_close(submission.run(gradient_of_absolute_values, x), x.sign(), rtol=1e-6, atol=1e-7, what="gradient")


@pytest.mark.needs("matrix")
def test_transposed_point(submission, rng):
    """Points that do not lie row by row in memory, such as a transpose, and that belong to a graph."""
    x, w = rng.normal(3, 2, dtype=torch.float64), rng.normal(2, 3, dtype=torch.float64)
    found = submission.run(gradient_at_transposed, x, w)
    assert_close(found, 2 * x.t() * w, rtol=1e-6, atol=1e-7, what="gradient")
