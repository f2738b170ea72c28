"""Public checks of ch05/signal_propagation."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_raises, probe

ACTIVATIONS = {"linear": lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


@probe
def matrices_after(module, weights, X):
    """The report, the matrices as they are after the call, and what autograd has left on them."""
    report = module.signal_report(weights, X, "tanh")
    left = {
        "a matrix that was passed in requires grad after the call": any(W.requires_grad for W in weights),
        "a gradient is left on a matrix that was passed in": any(W.grad is not None for W in weights),
    }
    return report, [W.detach() for W in weights], left


@probe
def kinds_of_deviations(module):
    """What stable_std returns, in words: "float" for every kind of float."""
    found = [module.stable_std(width, activation) for width, activation in ((25, "linear"), (50, "relu"))]
    return ["float" if isinstance(std, float) else type(std).__name__ for std in found]


def by_autograd(weights, X, activation):
    leaves = [W.clone().requires_grad_() for W in weights]
    h, spreads = X, []
    for W in leaves:
        h = ACTIVATIONS[activation](h @ W.T)
        spreads.append(h.detach().std())
    gradients = torch.autograd.grad((h**2).mean(), leaves)
    return torch.stack(spreads), torch.stack([g.norm() for g in gradients])


def network(rng, n, d, layers, std=1.0):
    return [rng.normal(d, d, dtype=torch.float64, std=std) for _ in range(layers)], rng.normal(
        n, d, dtype=torch.float64
    )


@pytest.mark.weight(2)
def test_worked_by_hand(submission):
    """Two layers of one number each, without activation: 1 and 3 become 2 and 6, then 6 and 18."""
    weights, X = [torch.tensor([[2.0]]), torch.tensor([[3.0]])], torch.tensor([[1.0], [3.0]])
    spreads, gradients = submission.signal_report(weights, X, "linear")
    assert_close(spreads, torch.tensor([8**0.5, 72**0.5]), what="standard deviations")
    assert_close(gradients, torch.tensor([180.0, 120.0]), what="gradients' norms")


@pytest.mark.weight(3)
@pytest.mark.needs("worked_by_hand")
def test_any_activation(submission, rng):
    """With each of the four activations, spreads and gradients of three layers are autograd's."""
    weights, X = network(rng, 4, 5, 3, std=0.6)
    for activation in ACTIVATIONS:
        spreads, gradients = submission.signal_report(weights, X, activation)
        expected = by_autograd(weights, X, activation)
        assert_close(spreads, expected[0], what=f"standard deviations for {activation}")
        assert_close(gradients, expected[1], what=f"gradients' norms for {activation}")


@pytest.mark.needs("any_activation")
def test_matrices_are_left_alone(submission, rng):
    """The matrices are the same after the call, and autograd knows nothing of them."""
    weights, X = network(rng, 4, 3, 2, std=0.5)
    report, after, left = submission.run(matrices_after, weights, X)
    assert_close(report, by_autograd(weights, X, "tanh"), what="report")
    assert_close(after, weights, what="matrices after the call")
    for fault, found in left.items():
        assert not found, fault


@pytest.mark.weight(2)
def test_stable_deviations(submission):
    """Layers of 25 numbers without activation need 1/5, ReLU layers of 50 numbers as well, and tanh is like linear."""
    found = [submission.stable_std(25, "linear"), submission.stable_std(25, "tanh"), submission.stable_std(50, "relu")]
    assert_close(found, [0.2, 0.2, 0.2], what="standard deviations")


@pytest.mark.needs("stable_deviations")
def test_deviation_is_a_float(submission):
    """stable_std returns a Python float, and not a tensor."""
    for kind in submission.run(kinds_of_deviations):
        assert kind == "float", f"stable_std should return a Python float, not a {kind}"


@pytest.mark.weight(2)
def test_signals_survive_thirty_layers(submission, rng):
    """Weights as large as that keep a signal's size through 30 layers, and with tanh the gradient's."""
    for activation, room in (("linear", 10), ("relu", 10), ("tanh", 100)):
        std = submission.stable_std(100, activation)
        weights, X = network(rng, 10, 100, 30, std=float(std))
        spreads, gradients = by_autograd(weights, X, activation)
        change = (gradients if activation == "tanh" else spreads).log10()
        drift = (change[-1] - change[0]).abs().item()
        assert drift < math.log10(room), f"with {activation}, the last layer differs by a factor of more than {room}"


@pytest.mark.needs("any_activation", "stable_deviations")
def test_refuses_other_activations(submission):
    """An activation that is not known is a ValueError that names it, and so is sigmoid for stable_std."""
    one = torch.ones(2, 2)
    assert_raises(ValueError, submission.signal_report, [one], one, "softmax", mentions=("softmax",))
    assert_raises(ValueError, submission.stable_std, 8, "sigmoid", mentions=("sigmoid",))
    assert_raises(ValueError, submission.stable_std, 8, "swish", mentions=("swish",))
