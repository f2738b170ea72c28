"""Hidden checks of ch13/graph_breaks."""

import pytest
import torch
from d2l_course.ch13_performance.checks.test_graph_breaks import (
    compiled,
    draw_gates,
    draw_steps,
    gate,
    gated,
    step,
    stepped,
)
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, probe
from torch import nn


@probe
def modules_counted(module):
    """count_graphs for a module, for one that breaks, with two arguments, and for one that is compiled already."""

    def both(x, y):
        z = x @ y
        print(z.shape)
        return z.sum()

    def whole(x):
        return x.cos()

    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x = torch.linspace(-1.0, 1.0, 6).reshape(2, 3)
    torch.compile(whole, backend="eager")(x)
    return [module.count_graphs(net, x), module.count_graphs(both, x, x.T), module.count_graphs(whole, x)]


@pytest.mark.needs("graphs_are_counted")
def test_other_programs_are_counted(submission):
    """A module, several arguments, and a function that was compiled before."""
    assert_equal(submission.run(modules_counted), [1, 2, 1], what="numbers of graphs")


@pytest.mark.weight(2)
@pytest.mark.needs("noisy_step_as_one_graph")
def test_other_thresholds_and_dtypes(submission, rng):
    """Other thresholds; float64 stays float64."""
    inputs, cotangents = draw_steps(rng, (rng.integers(2, 12), 3, rng.integers(20, 40)))
    for threshold in (rng.uniform(low=0.1, high=0.4).item(), 3.0, 100.0):
        doubles = [x.double() for x in inputs]
        found = submission.run(stepped, doubles, threshold, [c.double() for c in cotangents])
        for (result, gradient), x in zip(found, doubles, strict=True):
            assert_dtype(result, torch.float64)
            assert_dtype(gradient, torch.float64)
            assert_close(result, step(x, threshold), what="result", rtol=1e-9, atol=1e-12)


@pytest.mark.weight(2)
@pytest.mark.needs("gated_block_as_one_graph")
def test_one_decision_for_blocks_of_any_shape(submission, rng):
    """A vector, a batch of matrices, one row: the sum is over all of the output, whatever its shape."""
    weight, bias, inputs, cotangents = draw_gates(rng, ((4,), (2, 5, 4), (1, 4), (3, 2, 4)), width=4)
    for turn in (1, 3):
        # The matrices' own sums have different signs, and so have the rows'.
        shift = torch.linalg.solve(weight, torch.full((4,), 2.0))
        inputs[turn][0] = inputs[turn][0] + (len(inputs[turn]) - 1) * shift
        inputs[turn][1:] = inputs[turn][1:] - shift
    found, _ = submission.run(gated, weight, bias, inputs, cotangents)
    expected = [gate(x, weight, bias) for x in inputs]
    assert_close([result for result, *_ in found], expected, what="results", rtol=1e-4, atol=1e-4)


@pytest.mark.observed
@pytest.mark.needs("noisy_step_as_one_graph", "gated_block_as_one_graph")
def test_whichever_way_is_met_first(submission, rng):
    """What is compiled for one side goes on being right on the other, whichever came first."""
    inputs, _ = draw_steps(rng, (5, 5, 5))
    weight, bias, batches, _ = draw_gates(rng, ((3, 3),) * 3)
    for first in (0, 1):
        steps, blocks = inputs[first:], batches[first:]
        found = submission.run(compiled, "noisy_step", None, [(x, 2.0) for x in steps])
        expected = [step(x, 2.0) for x in steps]
        assert_close(found["results"], expected, what="results of noisy_step", rtol=1e-4, atol=1e-5)
        found = submission.run(compiled, "GatedBlock", (weight, bias), [(x,) for x in blocks])
        expected = [gate(x, weight, bias) for x in blocks]
        assert_close(found["results"], expected, what="results of GatedBlock", rtol=1e-4, atol=1e-5)


@pytest.mark.needs("gated_block_as_one_graph")
def test_sums_close_to_zero(submission):
    """Sums of a half, of minus a half and of exactly 0, which is not positive."""
    inputs = [torch.tensor([[2.0, -1.0], [-2.0, last]]) for last in (1.5, 0.5, 1.0)]
    weight, bias = torch.eye(2), torch.zeros(2)
    found, _ = submission.run(gated, weight, bias, inputs, [torch.ones(2, 2)] * 3)
    expected = [gate(x, weight, bias) for x in inputs]
    assert_close([result for result, *_ in found], expected, what="results", rtol=1e-4, atol=1e-5)
