"""Hidden checks of ch05/signal_propagation."""

import pytest
import torch
from d2l_course.ch05_mlp.checks.test_signal_propagation import by_autograd
from d2l_kit.checks import assert_close, assert_raises, assert_shape

ACTIVATIONS = {"linear": lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def network(rng, n, d, layers, std, dtype=torch.float64):
    return [rng.normal(d, d, dtype=dtype, std=std) for _ in range(layers)], rng.normal(n, d, dtype=dtype)


@pytest.mark.weight(3)
@pytest.mark.needs("any_activation")
def test_any_size(submission, rng):
    """One layer, many layers, a single input, any width: spreads and gradients are right."""
    for n, d, layers in ((6, 4, 1), (1, 7, 3), (rng.integers(8, 20), rng.integers(3, 12), rng.integers(5, 9))):
        for activation in ACTIVATIONS:
            weights, X = network(rng, n, d, layers, std=0.8)
            expected = by_autograd(weights, X, activation)
            # trivial: in a small network every ReLU may be dead, and zeros be right.
            found = submission.signal_report(weights, X, activation)
            assert_close(found, expected, rtol=1e-8, atol=1e-12, what="report", trivial=True)


@pytest.mark.needs("any_activation")
def test_dtype_is_kept(submission, rng):
    """float32 gives float32, float64 gives float64."""
    for dtype in (torch.float32, torch.float64):
        weights, X = network(rng, 9, 6, 2, std=0.5, dtype=dtype)
        assert_close(submission.signal_report(weights, X, "tanh"), by_autograd(weights, X, "tanh"), dtype=True)


@pytest.mark.weight(2)
@pytest.mark.needs("any_activation")
def test_vanishing_and_exploding(submission, rng):
    """Through 30 sigmoid layers the gradient vanishes, through ReLU layers the signal explodes; none is cut off."""
    weights, X = network(rng, 9, 64, 30, std=0.1)
    spreads, gradients = submission.signal_report(weights, X, "sigmoid")
    expected = by_autograd(weights, X, "sigmoid")
    assert_close(spreads.log(), expected[0].log(), what="logarithm of the standard deviations")
    assert_close(gradients.log(), expected[1].log(), what="logarithm of the gradients' norms")
    assert gradients[0] < 1e-6 * gradients[-1], "the first layer's gradient should have vanished"
    weights, X = network(rng, 9, 64, 30, std=0.3)
    spreads, gradients = submission.signal_report(weights, X, "relu")
    assert_shape(spreads, (30,), what="standard deviations")
    assert_close((spreads, gradients), by_autograd(weights, X, "relu"), what="report")
    assert spreads[-1] > 1e3 * spreads[0], "the signal should have exploded"


@pytest.mark.weight(2)
def test_stable_deviation_of_any_width(submission, rng):
    """The deviation for any width, small and large."""
    for width in (1, 2, rng.integers(3, 100), rng.integers(1000, 9000)):
        for activation, factor in (("linear", 1), ("tanh", 1), ("relu", 2)):
            assert_close(submission.stable_std(width, activation), (factor / width) ** 0.5, what="deviation")


@pytest.mark.needs("refuses_other_activations")
def test_refuses_names_of_other_functions(submission, rng):
    """What torch knows, but the exercise does not, is refused as well, for one layer and for many."""
    for name in ("exp", "Tanh", "relu_", ""):
        for layers in (1, 4):
            weights, X = network(rng, 3, 2, layers, std=0.5)
            assert_raises(ValueError, submission.signal_report, weights, X, name, mentions=(name,))
        assert_raises(ValueError, submission.stable_std, 4, name, mentions=(name,))
