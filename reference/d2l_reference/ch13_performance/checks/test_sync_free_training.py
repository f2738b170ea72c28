"""Hidden checks of ch13/sync_free_training."""

import math

import pytest
import torch
import torch.nn.functional as F
from d2l_course.ch13_performance.checks.test_sync_free_training import draw, epoch, number_of, trained
from d2l_kit.checks import assert_close, assert_raises, probe
from torch import nn


@probe
def with_frozen_layer(module, first, second, X, y):
    """An epoch of a network whose first layer is frozen, with gradients left over from before."""
    layers = nn.Linear(*first.shape[::-1], bias=False), nn.Linear(*second.shape[::-1], bias=False)
    for layer, weight in zip(layers, (first, second), strict=True):
        layer.double()
        layer.weight.data.copy_(weight)
    layers[0].weight.requires_grad_(False)
    layers[1].weight.grad = torch.full_like(second, 100.0)
    net = nn.Sequential(*layers)
    return module.train_epoch(net, torch.optim.SGD(layers[1].parameters(), lr=0.5), X, y, 6, 2)


@probe
def without_log_every(module, weight, X, y):
    """An epoch of single inputs, with log points where they are if nothing is said."""
    net = nn.Linear(*weight.shape[::-1], bias=False).double()
    net.weight.data.copy_(weight)
    return module.train_epoch(net, torch.optim.SGD(net.parameters(), lr=0.5), X, y, 1)


@pytest.mark.weight(3)
@pytest.mark.needs("the_report_is_the_same")
def test_any_sizes(submission, rng):
    """Report and parameters for any number of inputs, batch size and distance of log points."""
    for n, batch_size, log_every in [(rng.integers(30, 60), 7, 2), (40, 50, 1), (rng.integers(20, 40), 3, 100)]:
        weight, X, y = draw(rng, n, width=rng.integers(2, 8), classes=rng.integers(2, 6))
        y[::3] = (X @ weight.T).argmax(1)[::3]  # so that some are classified rightly from the start
        report, after, _, _ = submission.run(epoch, weight, X, y, batch_size, log_every)
        expected, trained_weight = trained(weight, X, y, batch_size, log_every)
        assert_close(report, expected, what="report")
        assert_close(after, trained_weight, what="parameters after the epoch")
    weight, X, y = draw(rng, 101)
    report = submission.run(without_log_every, weight, X, y)
    assert_close(report, trained(weight, X, y, 1, 50)[0], what="report")


@pytest.mark.needs("the_report_is_the_same")
def test_frozen_layers_and_old_gradients(submission, rng):
    """A frozen layer has no gradient and is left out of the norm; gradients from before the epoch do not count."""
    first, X = rng.normal(4, 3, dtype=torch.float64), rng.normal(20, 3, dtype=torch.float64)
    second, y = rng.normal(3, 4, dtype=torch.float64), rng.integers(0, 3, 20)
    found = submission.run(with_frozen_layer, first, second, X, y)
    assert_close(found, trained(second, X @ first.T, y, 6, 2)[0], what="report")


@pytest.mark.needs("nan_is_noticed")
def test_nan_in_the_last_step(submission, rng):
    """A NaN in the very last step, and one in the very first, are noticed as well."""
    for row in (49, 0):
        weight, X, y = draw(rng, 50)
        assert math.isfinite(F.cross_entropy(X @ weight.T, y))
        X[row] = math.nan
        assert_raises(FloatingPointError, submission.run, epoch, weight, X, y, 4, 6)


@pytest.mark.observed
@pytest.mark.needs("few_values_are_read")
def test_no_value_is_read_between_log_points(submission, rng):
    """Without a log point on the way, hardly any value is read, however many steps there are."""
    weight, X, y = draw(rng, 150)
    report, _, reads, _ = submission.run(epoch, weight, X, y, 2, 1000)
    assert_close(report["loss"], trained(weight, X, y, 2, 1000)[0]["loss"], what="loss")
    number = number_of(reads)
    assert number <= 4, f"{number} values were read by Python in 75 steps without a log point; 4 at the end are allowed"
