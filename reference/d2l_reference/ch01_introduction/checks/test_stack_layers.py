"""Hidden checks of ch01/stack_layers."""

import pytest
import torch
from d2l_course.ch01_introduction.checks.test_stack_layers import tent
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, probe


@probe
def sawtooth_values(module, depth, x):
    return module.forward(module.sawtooth_layers(depth), x)[-1]


@probe
def sawtooth_layers(module, depth):
    return [(W, b) for W, b in module.sawtooth_layers(depth)]


@probe
def representations_and_arguments(module, layers, x):
    outputs = module.forward(layers, x)
    kept = [output.clone() for output in outputs]
    for output in outputs:
        output.add_(1.0)
    return kept, layers, x


def oracle(layers, x):
    outputs = []
    for i, (W, b) in enumerate(layers):
        x = torch.einsum("ni,oi->no", x, W) + b
        x = x.clamp(min=0) if i < len(layers) - 1 else x
        outputs.append(x)
    return outputs


def network(rng, sizes):
    double = torch.float64
    pairs = zip(sizes, sizes[1:], strict=False)
    return [(rng.normal(o, i, dtype=double), rng.normal(o, dtype=double)) for i, o in pairs]


@pytest.mark.weight(3)
@pytest.mark.needs("two_layers_by_hand")
def test_any_network(submission, rng):
    """Networks of any depth and width, also of one layer only, and of one row only."""
    for n, sizes in [(6, [3, 3, 3, 3]), (1, [2, 5, 1, 4]), (4, [3, 2]), (3, [4, rng.integers(2, 9), 6, 6, 6, 1])]:
        layers, x = network(rng, sizes), rng.normal(n, sizes[0], dtype=torch.float64)
        expected = oracle(layers, x)
        assert_close(submission.forward(layers, x), expected, what="representations", trivial=True)


@pytest.mark.weight(3)
@pytest.mark.needs("one_tent")
def test_tents_of_any_depth(submission, rng):
    """The network is the tent map applied as often as asked for, between the corners as well."""
    for depth in (1, 2, 5, rng.integers(8, 11)):
        x = rng.uniform(50, 1, dtype=torch.float64)
        assert_close(submission.run(sawtooth_values, depth, x), tent(x, depth), what="values", rtol=1e-5, atol=1e-6)


@pytest.mark.weight(2)
@pytest.mark.needs("tents_of_any_depth")
def test_every_layer_doubles_the_pieces(submission, rng):
    """The network's graph has as many straight pieces as theory promises, from few units."""
    for depth in (1, 3, 6):
        grid = torch.arange(2**depth * 4 + 1, dtype=torch.float64)[:, None] / (2**depth * 4)
        slopes = submission.run(sawtooth_values, depth, grid).flatten().diff() * 2**depth * 4
        turns = int((slopes.diff().abs() > 1e-3 * 2**depth).sum())
        assert_equal(turns, 2**depth - 1, what="number of corners")
        layers = submission.run(sawtooth_layers, depth)
        assert_equal(len(layers), depth + 1, what="number of layers")
        hidden = sum(W.shape[0] for W, _ in layers[:-1])
        assert hidden <= 3 * depth, f"at depth {depth} there are {hidden} hidden units, more than {3 * depth}"


@pytest.mark.needs("one_tent")
def test_double_precision(submission, rng):
    """The layers are float64, and so is what they compute."""
    depth = rng.integers(2, 5)
    for W, b in submission.run(sawtooth_layers, depth):
        assert_dtype(W, torch.float64, what="weights")
        assert_dtype(b, torch.float64, what="biases")
    x = rng.uniform(9, 1, low=0.1, high=0.9, dtype=torch.float64)
    assert_close(submission.run(sawtooth_values, depth, x), tent(x, depth), what="values", dtype=True)


@pytest.mark.needs("any_network")
def test_arguments_are_left_alone(submission, rng):
    """Rows and weights are the same after the call, and every representation has memory of its own."""
    layers, x = network(rng, [3, 4, 4, 2]), rng.normal(5, 3, dtype=torch.float64)
    outputs, layers_after, x_after = submission.run(representations_and_arguments, layers, x)
    assert_close(outputs, oracle(layers, x), what="representations")
    assert_equal(len(layers_after), len(layers), what="number of layers in the list after the call")
    assert torch.equal(x_after, x), "x was changed, or shares memory with a representation"
    for (W, b), (W_after, b_after) in zip(layers, layers_after, strict=True):
        assert torch.equal(W_after, W), "weights were changed"
        assert torch.equal(b_after, b), "biases were changed"
