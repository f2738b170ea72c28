"""Hidden checks of ch06/my_sequential."""

import pytest
import torch
from d2l_course.ch06_builders.checks.test_my_sequential import at
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn


@probe
def shared(module, X, W, b):
    """One layer applied three times; the names and the number of its parameters."""
    layer = nn.Linear(W.shape[1], W.shape[0])
    with torch.no_grad():
        layer.weight.copy_(W)
        layer.bias.copy_(b)
    net = module.MySequential(layer, nn.Tanh(), layer, layer)
    return {
        "Y": net(X).detach(), "parameters": len(list(net.parameters())), "len": len(net),
        "names": len(net.state_dict()),
    }  # fmt: skip


@probe
def nested_and_loaded(module, X):
    """A nested network loads the state of nn.Sequential, in double precision; output and torch's."""

    def make(cls):
        inner = cls(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Tanh())
        return cls(nn.Linear(X.shape[1], 4), inner, nn.Linear(4, 2))

    theirs = make(nn.Sequential).double()
    mine = make(module.MySequential).double()
    theirs(X)
    mine.load_state_dict(theirs.state_dict())
    mine.eval()
    theirs.eval()
    outputs = mine(X).detach(), theirs(X).detach()
    evaluating = [m.training for m in mine.modules()]
    mine.train()
    return *outputs, evaluating, [m.training for m in mine.modules()]


@probe
def empty(module, X):
    net = module.MySequential()
    length = len(net)
    return length, net.append(nn.Tanh())(X), module.MySequential(nn.Tanh(), nn.Sigmoid())[1:1](X)


@probe
def sliced(module, start, stop, step):
    """Which modules a slice of a row of six holds, one of which stands there twice, and the names in its state."""
    row = [nn.PReLU() for _ in range(5)]
    row.append(row[1])
    part = module.MySequential(*row)[start:stop:step]
    numbers = [next((n for n, m in enumerate(row) if m is part[i]), "another one") for i in range(len(part))]
    return numbers, list(part.state_dict())


@probe
def appended(module, what):
    what = nn.Tanh if what == "a class" else what
    return len(module.MySequential(nn.Tanh()).append(what))


@pytest.mark.weight(2)
@pytest.mark.needs("calls_in_order")
def test_shared_module(submission, rng):
    """A module that stands there three times is applied three times and counted once."""
    X, W, b = rng.normal(4, 3), rng.normal(3, 3), rng.normal(3)
    found = submission.run(shared, X, W, b)
    layer = lambda X: X @ W.T + b  # noqa: E731
    assert_close(found["Y"], layer(layer(layer(X).tanh())), what="output")
    assert_equal(found["parameters"], 2, what="number of parameters")
    assert_equal(found["len"], 4, what="len")
    assert_equal(found["names"], 6, what="number of names in the state_dict")


@pytest.mark.weight(2)
@pytest.mark.needs("children_are_registered")
def test_nested_state_and_modes(submission, rng):
    """Nested networks load the state of nn.Sequential, and double(), eval() and train() reach everything."""
    mine, theirs, after_eval, after_train = submission.run(nested_and_loaded, rng.normal(6, 3, dtype=torch.float64))
    assert_close(mine, theirs, what="output with the weights of nn.Sequential")
    assert_equal(after_eval, [False] * 7, what="training flags of all modules after eval()")
    assert_equal(after_train, [True] * 7, what="training flags of all modules after train()")


@pytest.mark.needs("index_slice_append")
def test_empty_row(submission, rng):
    """An empty slice returns the input; what was empty can be appended to."""
    X = rng.normal(3, 2)
    length, appended, part = submission.run(empty, X)
    assert_equal(length, 0, what="len")
    assert_close(appended, X.tanh(), what="output after append")
    assert_close(part, X, what="output of an empty slice")


@pytest.mark.weight(2)
@pytest.mark.needs("index_slice_append")
def test_slices(submission, rng):
    """Slices with negative bounds and with steps hold what a list's would, under names that start at 0 again."""
    start, stop = rng.integers(0, 3), rng.integers(4, 7)
    slices = [(1, None, None), (None, None, 2), (None, None, -1), (-3, None, None), (None, -1, None)]
    for bounds in [*slices, (start, stop, rng.integers(2, 4))]:
        found, names = submission.run(sliced, *bounds)
        expected = [0, 1, 2, 3, 4, 1][slice(*bounds)]
        written = ":".join("" if bound is None else str(bound) for bound in bounds)
        assert_equal(found, expected, what=f"modules of net[{written}], by the first place where each stands in net,")
        assert_equal(names, [f"{i}.weight" for i in range(len(expected))], what=f"names in the state of net[{written}]")


@pytest.mark.needs("index_slice_append")
def test_refuses_indices_outside(submission):
    """An index outside of the row is an IndexError."""
    assert_equal(submission.run(at, -2), "Tanh", what="module at -2")
    for index in (-3, 7):
        assert_raises(IndexError, submission.run, at, index)


@pytest.mark.needs("refuses_functions")
def test_append_refuses_what_is_no_module(submission):
    """append takes nothing but modules; a class of modules is none."""
    for what in (None, "Tanh", 3, "a class"):
        assert_raises(TypeError, submission.run, appended, what)
