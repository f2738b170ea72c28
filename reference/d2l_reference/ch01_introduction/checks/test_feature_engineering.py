"""Hidden checks of ch01/feature_engineering."""

import math

import pytest
import torch
from d2l_course.ch01_introduction.checks.test_feature_engineering import (
    assert_learned,
    parameters,
    readout_accuracy,
    trained_decisions,
)
from d2l_kit.checks import assert_close, assert_shape, probe


@probe
def parameters_twice(module, width, seed):
    """Two starts, with numbers drawn from torch's own generator in between."""
    first = module.init_params(width, seed)
    torch.rand(17)
    second = module.init_params(width, seed)
    return [{name: p.detach() for name, p in params.items()} for params in (first, second)]


@probe
def gradients(module, X, params, cotangent):
    """Gradients of all parameters through the whole network."""
    params = {name: p.clone().requires_grad_() for name, p in params.items()}
    scalar = (module.decide(X, params) * cotangent).sum()
    if not scalar.requires_grad:
        return dict.fromkeys(params)
    return dict(zip(params, torch.autograd.grad(scalar, list(params.values()), allow_unused=True), strict=True))


def labels(n):
    return 1.0 - 2.0 * (torch.arange(n) % 2)


def rings(rng, n, inner=1.0, outer=2.5):
    y = labels(n)
    angle, radius = rng.uniform(n, high=2 * math.pi), torch.where(y > 0, inner, outer) + rng.normal(n, std=0.1 * inner)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), y


def moons(rng, n):
    """Two half circles that reach into each other."""
    y = labels(n)
    angle = rng.uniform(n, high=math.pi)
    X = torch.stack([y * angle.cos() - 0.5 * y, y * angle.sin() - 0.25 * y], dim=1)
    return X + rng.normal(n, 2, std=0.08), y


def xor(rng, n):
    """Class +1 where both coordinates have the same sign; none close to an axis."""
    y = labels(n)
    X = rng.uniform(n, 2, low=0.15, high=1.5)
    signs = 1.0 - 2.0 * rng.integers(0, 2, n)
    return torch.stack([X[:, 0] * signs, X[:, 1] * signs * y], dim=1), y


def network(params, X):
    return (X @ params["W1"] + params["b1"]).clamp(min=0) @ params["w2"] + params["b2"]


def drawn_parameters(rng, width):
    double = torch.float64
    return {
        "W1": rng.normal(2, width, dtype=double),
        "b1": rng.normal(width, dtype=double),
        "w2": rng.normal(width, dtype=double),
        "b2": rng.normal(dtype=double),
    }


@pytest.mark.weight(2)
@pytest.mark.needs("a_line_tells_the_rings_apart")
def test_features_of_other_rings(submission, rng):
    """Rings of other sizes are told apart as well."""
    for inner, outer in [(0.4, 1.0), (3.0, 6.0)]:
        (X, y), (X_new, y_new) = rings(rng, 120, inner, outer), rings(rng, 80, inner, outer)
        found = readout_accuracy(submission.hand_features(X), y, submission.hand_features(X_new), y_new)
        assert found > 0.95, f"with your features a line is right about {found:.0%} of the points"


@pytest.mark.weight(2)
@pytest.mark.needs("hidden_layer", "readout")
def test_any_network(submission, rng):
    """Hidden layer and decision, for any width and any points, also a single one."""
    for n, width in [(1, 5), (6, 1), (9, rng.integers(10, 40))]:
        X, params = rng.normal(n, 2, dtype=torch.float64, std=2.0), drawn_parameters(rng, width)
        hidden = (X @ params["W1"] + params["b1"]).clamp(min=0)
        assert_close(submission.learned_features(X, params), hidden, what="hidden layer", trivial=True)
        assert_close(submission.decide(X, params), network(params, X), what="decisions")


@pytest.mark.needs("any_network")
def test_gradients_reach_all_parameters(submission, rng):
    """Gradients flow back to all four parameters."""
    X, params = rng.normal(12, 2, dtype=torch.float64), drawn_parameters(rng, 8)
    cotangent = rng.normal(12, dtype=torch.float64)
    leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
    wanted = torch.autograd.grad((network(leaves, X) * cotangent).sum(), list(leaves.values()))
    found = submission.run(gradients, X, params, cotangent)
    for (name, gradient), expected in zip(found.items(), wanted, strict=True):
        assert gradient is not None, f"no gradient reaches {name}"
        assert_close(gradient, expected, what=f"gradient of {name}")


@pytest.mark.needs("random_start")
def test_start_of_any_width(submission, rng):
    """Any width and any seed give a start of a sensible size, with hidden units that start apart."""
    for width in (1, 100):
        params = submission.run(parameters, width, rng.integers(0, 10_000))
        assert_shape(params["W1"], (2, width), what="W1")
        assert_shape(params["w2"], (width,), what="w2")
        size = params["W1"].abs().mean().item()
        assert 1e-4 < size < 100, f"the numbers of W1 have a mean size of {size:.3g}"
        assert len(params["W1"].unique(dim=1)[0]) == width, "some hidden units start alike, and would stay alike"


@pytest.mark.needs("random_start")
def test_start_depends_on_the_seed_alone(submission, rng):
    """The start depends on the seed and on nothing else, also if other numbers are drawn in between."""
    first, second = submission.run(parameters_twice, 6, rng.integers(1, 10_000))
    for name in ("W1", "b1", "w2", "b2"):
        assert_close(second[name], first[name], what=f"{name} for the same seed", trivial=True)


@pytest.mark.weight(4)
@pytest.mark.needs("hidden_layer", "readout", "random_start")
def test_learns_what_nobody_designed_it_for(submission, rng):
    """The same network learns rings, moons and XOR."""
    for name, draw in [("rings", rings), ("moons", moons), ("xor", xor)]:
        (X, y), (X_new, y_new) = draw(rng, 200), draw(rng, 200)
        assert_learned(submission.run(trained_decisions, X, y, X_new, rng.integers(0, 1000)), y_new, name)
