"""Public checks of ch01/feature_engineering."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_shape, probe


@probe
def parameters(module, width, seed):
    return {name: p.detach() for name, p in module.init_params(width, seed).items()}


@probe
def features_and_points(module, X):
    return module.hand_features(X), X


@probe
def trained_decisions(module, X, y, X_new, seed):
    """What the network decides about new points after 400 steps of Adam on the squared error.

    Also, instead of decisions, the names of parameters that no gradient reaches.
    """
    params = {name: p.detach().clone() for name, p in module.init_params(32, seed).items()}
    # Any random start will do: what remains of its size is that of the biases.
    params["W1"] /= params["W1"].abs().mean()
    params["w2"] *= 0.15 / params["w2"].abs().mean()
    for p in params.values():
        p.requires_grad_()
    means, squares = [0.0] * len(params), [0.0] * len(params)
    for step in range(1, 401):
        loss = ((module.decide(X, params) - y) ** 2).mean()
        if not loss.requires_grad:
            return None, sorted(params)
        gradients = torch.autograd.grad(loss, list(params.values()), allow_unused=True)
        if any(g is None for g in gradients):
            return None, sorted(name for name, g in zip(params, gradients, strict=True) if g is None)
        with torch.no_grad():
            for i, (p, g) in enumerate(zip(params.values(), gradients, strict=True)):
                means[i] = 0.9 * means[i] + 0.1 * g
                squares[i] = 0.999 * squares[i] + 0.001 * g * g
                p -= 0.02 * (means[i] / (1 - 0.9**step)) / ((squares[i] / (1 - 0.999**step)).sqrt() + 1e-8)
    return module.decide(X_new, params).detach(), []


def assert_learned(found, y, task):
    """The network has learned to tell the classes apart; every random start gets far beyond the bound."""
    decisions, cut_off = found
    assert not cut_off, f"no gradient reaches {' and '.join(cut_off)}, which therefore cannot be learned"
    assert_shape(decisions, (len(y),), what="decisions about new points")
    right = (decisions.sign() == y).float().mean().item()
    assert right > 0.9, f"after training on {task}, the network is right about {right:.0%} of {len(y)} new points"


def rings(rng, n):
    """Half of the points on a ring of radius 1, half on one of radius 2.5, all a little off."""
    y = 1.0 - 2.0 * (torch.arange(n) % 2)
    angle, radius = rng.uniform(n, high=2 * math.pi), torch.where(y > 0, 1.0, 2.5) + rng.normal(n, std=0.15)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), y


def readout_accuracy(features, y, new_features, new_y):
    """How often the best linear readout of the first points' features is right about the new ones."""
    one = torch.ones(len(features), 1, dtype=torch.float64)
    A, B = (
        torch.cat([features.double(), one], dim=1),
        torch.cat([new_features.double(), one[: len(new_features)]], dim=1),
    )
    weights = torch.linalg.pinv(A) @ y.double()
    return ((B @ weights).sign() == new_y).double().mean().item()


@pytest.mark.weight(3)
def test_a_line_tells_the_rings_apart(submission, rng):
    """A linear readout of your features tells inner points from outer ones; one of raw coordinates does not."""
    X, y = rings(rng, 200)
    features = submission.hand_features(X)
    assert features.dim() == 2 and features.shape[0] == 200 and 1 <= features.shape[1] <= 6, (
        f"features should be [200, p] with p from 1 to 6: they are {list(features.shape)}"
    )
    assert torch.isfinite(features).all(), "features should be finite"
    assert (features != features[0]).any(), "all points have the same features: these tell nothing apart"
    raw = readout_accuracy(X, y, X, y)
    found = readout_accuracy(features[:100], y[:100], features[100:], y[100:])
    assert found > 0.95, f"a line is right about {found:.0%} of the points with your features, {raw:.0%} without any"


@pytest.mark.needs("a_line_tells_the_rings_apart")
def test_a_feature_belongs_to_one_row(submission, rng):
    """A point alone gets the same features as among others."""
    X, _ = rings(rng, 40)
    features = submission.hand_features(X)
    for i in (0, 7, 39):
        # The feature of a single point may well be 0; that not all are, the check before has seen.
        alone = submission.hand_features(X[i : i + 1])
        assert_close(alone, features[i : i + 1], what="features of a point alone", trivial=True)


@pytest.mark.needs("a_line_tells_the_rings_apart")
def test_points_are_left_alone(submission, rng):
    """hand_features leaves the points as they are."""
    X, _ = rings(rng, 12)
    features, X_after = submission.run(features_and_points, X)
    assert_shape(features, (12, features.shape[1]), what="features")
    assert torch.equal(X_after, X), "hand_features has changed the points that it was given"


@pytest.mark.weight(2)
def test_hidden_layer(submission):
    """The hidden layer is relu(X W1 + b1)."""
    params = {"W1": torch.tensor([[1.0, -2.0, 0.0], [0.5, 1.0, -1.0]]), "b1": torch.tensor([-1.0, 0.5, 0.0])}
    expected = torch.tensor([[1.0, 0.5, 0.0], [0.0, 3.5, 1.0]])  # before the ReLU: (1, 0.5, -2) and (-3.5, 3.5, 1)
    assert_close(
        submission.learned_features(torch.tensor([[1.0, 2.0], [-2.0, -1.0]]), params), expected, what="hidden layer"
    )


@pytest.mark.weight(2)
def test_readout(submission):
    """The network's decision is a weighted sum of the hidden layer, plus a constant."""
    params = {
        "W1": torch.tensor([[1.0, -1.0], [2.0, 0.0]]),
        "b1": torch.tensor([0.0, 1.0]),
        "w2": torch.tensor([2.0, -3.0]),
        "b2": torch.tensor(0.5),
    }
    X = torch.tensor([[1.0, 1.0], [-2.0, 0.0], [0.0, -1.0]])  # hidden: (3, 0), (0, 3), (0, 1)
    assert_close(submission.decide(X, params), torch.tensor([6.5, -8.5, -2.5]), what="decisions")


@pytest.mark.weight(2)
def test_random_start(submission):
    """Parameters have their shapes, hidden units start apart, and the seed decides how."""
    params = submission.run(parameters, 7, 3)
    shapes = {name: tuple(p.shape) for name, p in params.items()}
    assert_equal(shapes, {"W1": (2, 7), "b1": (7,), "w2": (7,), "b2": ()}, what="shapes of the parameters")
    assert torch.pdist(params["W1"].T).min() > 0, "some hidden units start alike, and would stay alike"
    assert params["w2"].abs().max() > 0, "w2 is all zeros: no gradient reaches the hidden layer at first"
    again = submission.run(parameters, 7, 3)
    assert_close(again["W1"], params["W1"], what="W1 for the same seed", trivial=True)
    for seed in (4, 11, 13, 103, 259, 1003):
        other = submission.run(parameters, 7, seed)
        assert (other["W1"] != params["W1"]).any(), f"the seeds 3 and {seed} give the same W1"


@pytest.mark.weight(2)
@pytest.mark.needs("hidden_layer", "readout", "random_start")
def test_learns_the_rings(submission, rng):
    """The trained network finds by itself what tells the rings apart."""
    X, y = rings(rng, 300)
    assert_learned(submission.run(trained_decisions, X[:200], y[:200], X[200:], 0), y[200:], "rings")
