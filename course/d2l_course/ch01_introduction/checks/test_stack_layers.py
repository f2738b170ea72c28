"""Public checks of ch01/stack_layers."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape, probe


@probe
def sawtooth(module, depth, x):
    """The layers, and the network's values at x."""
    layers = module.sawtooth_layers(depth)
    return [(W, b) for W, b in layers], module.forward(layers, x)[-1]


def tent(x, depth):
    for _ in range(depth):
        x = 1 - (2 * x - 1).abs()
    return x


def run_through(layers, x):
    """What the layers compute, whatever `forward` does."""
    for i, (W, b) in enumerate(layers):
        x = x @ W.T + b
        x = x.clamp(min=0) if i < len(layers) - 1 else x
    return x


@pytest.mark.weight(2)
def test_two_layers_by_hand(submission):
    """Both representations of two rows are those worked out by hand."""
    layers = [
        (torch.tensor([[1.0, 2.0], [0.0, -1.0], [-1.0, 1.0]]), torch.tensor([0.0, 0.5, 1.0])),
        (torch.tensor([[1.0, -2.0, 0.0], [0.0, 1.0, -1.0]]), torch.tensor([-3.0, 0.5])),
    ]
    x = torch.tensor([[1.0, 1.0], [2.0, -2.0]])
    # First layer, before the ReLU: (3, -0.5, 1) and (-2, 2.5, -3).
    expected = [torch.tensor([[3.0, 0.0, 1.0], [0.0, 2.5, 0.0]]), torch.tensor([[0.0, -0.5], [-8.0, 3.0]])]
    assert_close(submission.forward(layers, x), expected, what="representations")


@pytest.mark.weight(2)
@pytest.mark.needs("two_layers_by_hand")
def test_every_representation(submission, rng):
    """All layers' outputs in a deep network, with square weights too, and in one of a single layer."""
    sizes = [4, 4, 4, 4, 2]
    layers = [(rng.normal(o, i), rng.normal(o)) for i, o in zip(sizes, sizes[1:], strict=False)]
    x = rng.normal(5, 4)
    expected = [run_through([*layers[:k], (torch.eye(sizes[k]), torch.zeros(sizes[k]))], x) for k in (1, 2, 3)]
    assert_close(submission.forward(layers, x), [*expected, run_through(layers, x)], what="representations")
    single = [(rng.normal(3, 4), rng.normal(3))]
    assert_close(submission.forward(single, x), [run_through(single, x)], what="representation of a single layer")


@pytest.mark.needs("two_layers_by_hand")
def test_hidden_layers_of_one_unit(submission):
    """A hidden layer with a single unit has a ReLU as well."""
    layers = [(torch.tensor([[2.0]]), torch.tensor([1.0])), (torch.tensor([[-1.0]]), torch.tensor([2.0]))]
    layers.append((torch.tensor([[3.0]]), torch.tensor([-1.0])))
    # Before the ReLU: -3, 3, 1 in the first layer, and 2, -1, 1 in the second.
    expected = [torch.tensor([[0.0], [3.0], [1.0]]), torch.tensor([[2.0], [0.0], [1.0]])]
    expected.append(torch.tensor([[5.0], [-1.0], [2.0]]))
    found = submission.forward(layers, torch.tensor([[-2.0], [1.0], [0.0]]))
    assert_close(found, expected, what="representations")


@pytest.mark.weight(2)
@pytest.mark.needs("two_layers_by_hand")
def test_one_tent(submission):
    """At depth 1 the network is the tent: up to 1 in the middle, and back to 0."""
    x = torch.tensor([[0.0], [0.25], [0.5], [0.875], [1.0]], dtype=torch.float64)
    _, values = submission.run(sawtooth, 1, x)
    assert_close(values, torch.tensor([[0.0], [0.5], [1.0], [0.25], [0.0]], dtype=torch.float64), what="values")


@pytest.mark.weight(3)
@pytest.mark.needs("one_tent")
def test_tents_upon_tents(submission):
    """At depth 3 the network is the tent map applied three times, and so are the layers by themselves."""
    x = torch.linspace(0, 1, 41, dtype=torch.float64)[:, None]
    layers, values = submission.run(sawtooth, 3, x)
    assert_close(values, tent(x, 3), what="values", atol=1e-6)
    assert_close(run_through(layers, x), tent(x, 3), what="values (layers run by the kit)", atol=1e-6)


@pytest.mark.needs("tents_upon_tents")
def test_deep_and_narrow(submission):
    """There are depth + 1 layers, and no hidden layer has more than 3 units."""
    layers, values = submission.run(sawtooth, 4, torch.full((1, 1), 0.3, dtype=torch.float64))
    assert_equal(len(layers), 5, what="number of layers")
    widths = [1] + [W.shape[0] for W, _ in layers]
    for (W, b), o, i in zip(layers, widths[1:], widths, strict=False):
        assert_shape(W, (o, i), what="weights")
        assert_shape(b, (o,), what="biases")
    assert max(widths) <= 3, f"hidden layers should have 3 units at most: they have {widths[1:-1]}"
    assert_close(values, torch.full((1, 1), 0.8, dtype=torch.float64), what="value at 0.3", atol=1e-6)


@pytest.mark.needs("one_tent")
def test_refuses_no_depth(submission):
    """A depth of 0 is a ValueError that names it."""
    assert_raises(ValueError, submission.sawtooth_layers, 0, mentions=("0",))


@pytest.mark.needs("one_tent")
def test_refuses_negative_depth(submission):
    """A negative depth is refused as well."""
    assert_raises(ValueError, submission.sawtooth_layers, -4, mentions=("-4",))
