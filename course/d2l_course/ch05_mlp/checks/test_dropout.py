"""Public checks of ch05/dropout.

Masks are random and nobody draws them alike, so most probes answer with what is the same for every right mask.
"""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn


@probe
def dropped(module, p, X):
    return module.Dropout(p)(X).detach()


@probe
def ratios(module, p, X):
    """The different ratios of result to X in training mode, the share of zeros in quarters, and how it is spread."""
    layer = module.Dropout() if p is None else module.Dropout(p)
    out = layer(X.clone()).detach()
    zeros = (out == 0).double()
    return {
        "ratios": (out / X).round(decimals=4).unique(),
        "zeros": (zeros.mean() * 4).round() / 4,
        "even": [((zeros.mean(axis) - zeros.mean()).abs().max() < 0.2).item() for axis in (1, 0)],
    }


@probe
def modes(module, p, X):
    """The different ratios of result to X in evaluation mode, in a network, and back in training mode."""
    layer, net = module.Dropout(p), nn.Sequential(nn.Flatten(), module.Dropout(p))
    parameters = len(list(layer.parameters()))
    results = {
        "evaluation": layer.eval()(X.clone()),
        "evaluation in a network": net.eval()(X.clone()),
        "training": layer.train()(X.clone()),
    }
    return {mode: (out.detach() / X).round(decimals=4).unique() for mode, out in results.items()}, parameters


@probe
def twice(module, p, X):
    """Whether two calls of one layer drop the same elements, whether two layers do, and whether X has changed."""
    layer, other, before = module.Dropout(p), module.Dropout(p), X.clone()
    first = layer(X).detach().clone() == 0
    others = other(X).detach().clone() == 0
    return {
        "X was changed by the calls": not torch.equal(X, before),
        "two calls of a layer drop the same elements": torch.equal(first, layer(X).detach() == 0),
        "two layers drop the same elements": torch.equal(first, others),
    }


@probe
def differentiated(module, p, X):
    """The different pairs of (ratio of result to X, gradient of the sum for X)."""
    leaf = X.clone().requires_grad_()
    out = module.Dropout(p)(leaf)
    out.sum().backward()
    pairs = torch.stack([out.detach() / X, leaf.grad], dim=-1)
    return pairs.reshape(-1, 2).round(decimals=4).unique(dim=0)


@probe
def gradient_of_sum(module, p, X):
    """The gradient of the sum of the result for X."""
    leaf = X.clone().requires_grad_()
    module.Dropout(p)(leaf).sum().backward()
    return leaf.grad


def ones_to_threes(rng, *shape):
    return rng.integers(1, 4, *shape).float()


@pytest.mark.observed
@pytest.mark.weight(3)
def test_what_is_left_is_scaled_up(submission, rng):
    """With p = 0.25 a quarter becomes 0, here and there in every row and column, and the rest is divided by 0.75."""
    found = submission.run(ratios, 0.25, ones_to_threes(rng, 400, 400))
    assert_close(found["ratios"], torch.tensor([0.0, 4 / 3]), what="list of different ratios of result to X")
    assert_close(found["zeros"], 0.25, what="share of zeros, to the nearest quarter,")
    for axis, even in zip(("row", "column"), found["even"], strict=True):
        assert even, f"some {axis} has far more zeros than another: each element should be dropped on its own"


@pytest.mark.observed
@pytest.mark.weight(2)
def test_evaluation_hands_through(submission, rng):
    """In evaluation mode X comes back as it is, also inside nn.Sequential; train() switches dropout on again."""
    found, parameters = submission.run(modes, 0.25, ones_to_threes(rng, 40, 50))
    expected = {"evaluation": [1.0], "evaluation in a network": [1.0], "training": [0.0, 4 / 3]}
    for mode, numbers in expected.items():
        assert_close(found[mode], torch.tensor(numbers), what=f"list of different ratios of result to X in {mode}")
    assert_equal(parameters, 0, what="number of parameters")


@pytest.mark.observed
@pytest.mark.needs("what_is_left_is_scaled_up")
def test_a_fresh_mask_in_every_call(submission, rng):
    """Two calls drop different elements, and so do two layers; X is left as it is."""
    for fault, found in submission.run(twice, 0.4, ones_to_threes(rng, 20, 30)).items():
        assert not found, fault


@pytest.mark.needs("what_is_left_is_scaled_up")
def test_nothing_and_everything(submission, rng):
    """With p = 0 everything is kept, with p = 1 everything is 0, and not NaN."""
    X = rng.uniform(6, 7, low=1.0, high=3.0)
    assert_close(submission.run(dropped, 0.0, X), X, what="result for p = 0")
    assert_close(submission.run(dropped, 1.0, X), torch.zeros(6, 7), trivial=True, what="result for p = 1")


@pytest.mark.needs("what_is_left_is_scaled_up")
def test_refuses_what_is_no_probability(submission):
    """p below 0 or above 1 is a ValueError that names it."""
    for p in (-0.1, 1.1):
        assert_raises(ValueError, submission.run, dropped, p, torch.ones(2), mentions=(str(p),))


@pytest.mark.observed
@pytest.mark.needs("what_is_left_is_scaled_up")
def test_half_by_default(submission, rng):
    """Without p, half of the elements are dropped."""
    found = submission.run(ratios, None, ones_to_threes(rng, 100, 100))
    assert_close(found["ratios"], torch.tensor([0.0, 2.0]), what="list of different ratios of result to X")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("what_is_left_is_scaled_up")
def test_gradient(submission, rng):
    """The gradient is 1 / (1 - p) where X was kept, and 0 where it was dropped."""
    found = submission.run(differentiated, 0.25, ones_to_threes(rng, 20, 30))
    expected = torch.tensor([[0.0, 0.0], [4 / 3, 4 / 3]])
    assert_close(found, expected, what="list of different pairs (ratio of result to X, gradient)")


@pytest.mark.needs("nothing_and_everything", "gradient")
def test_gradient_of_nothing_and_everything(submission, rng):
    """With p = 0 the gradient is 1 everywhere, with p = 1 it is 0, and neither missing nor NaN."""
    X = rng.uniform(6, 7, low=1.0, high=3.0)
    assert_close(submission.run(gradient_of_sum, 0.0, X), torch.ones(6, 7), what="gradient for p = 0")
    assert_close(submission.run(gradient_of_sum, 1.0, X), torch.zeros(6, 7), trivial=True, what="gradient for p = 1")
