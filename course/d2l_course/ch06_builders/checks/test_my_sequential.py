"""Public checks of ch06/my_sequential."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn


@probe
def mlp(module, X, W, V):
    """The output of a small network with weights W and V, the names in its state_dict, and W's gradient."""
    import re

    layers = [nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 2)]
    with torch.no_grad():
        for layer, weight in ((layers[0], W), (layers[2], V)):
            layer.weight.copy_(weight)
            layer.bias.fill_(0.5)
    net = module.MySequential(*layers)
    Y = net(X)
    if Y.requires_grad:
        Y.square().sum().backward()
    # Long numbers, such as id() gives, are other ones in every run: what is said about them must not be.
    names = [re.sub(r"\d{4,}", "(a long number)", name) for name in net.state_dict()]
    return {"Y": Y.detach(), "names": names, "grad": layers[0].weight.grad}


@probe
def twice(module, X):
    """One module stands in the row twice."""
    softplus = nn.Softplus()
    net = module.MySequential(softplus, nn.Tanh(), softplus)
    return net(X), len(net)


@probe
def third(module):
    """Whether the third module of a row is what stands there, for a module that stands there twice."""
    softplus = nn.Softplus()
    return module.MySequential(softplus, nn.Tanh(), softplus)[2] is softplus


@probe
def nothing(module, X):
    return module.MySequential()(X)


@probe
def modes(module):
    """The training flags of two children after eval(), and after train()."""
    children = [nn.Dropout(), nn.BatchNorm1d(2)]
    net = module.MySequential(*children)
    net.eval()
    evaluating = [m.training for m in children]
    for m in children:
        m.training = False
    net.train()
    return evaluating, [m.training for m in children]


@probe
def hooked(module, X):
    """A hook on the first child doubles its output."""
    first, second = nn.Tanh(), nn.Sigmoid()
    first.register_forward_hook(lambda m, i, o: 2 * o)
    return module.MySequential(first, second)(X)


@probe
def indexed(module, X):
    """What indices, slices, len and append give, told by the values of the modules' outputs."""
    a, b, c = nn.Tanh(), nn.Sigmoid(), nn.Softplus()
    net = module.MySequential(a, b)
    same = net.append(c) is net
    part = net[1:]
    return {
        "Y": net(X), "same": same, "len": len(net), "items": [net[0] is a, net[2] is c, net[-1] is c, net[-3] is a],
        "slice": isinstance(part, module.MySequential), "part": part(X), "themselves": part[0] is b and part[1] is c,
        "every other": len(net[::2]),
    }  # fmt: skip


@probe
def at(module, index):
    """The name of the class of the module at an index of a row of two."""
    return type(module.MySequential(nn.Tanh(), nn.Sigmoid())[index]).__name__


@probe
def with_a_function(module, X):
    return module.MySequential(nn.Tanh(), torch.relu)(X)


@pytest.mark.weight(3)
def test_calls_in_order(submission, rng):
    """A network of three layers gives what its layers give one after the other."""
    X, W, V = rng.normal(5, 3), rng.normal(3, 3), rng.normal(2, 3)
    assert_close(submission.run(mlp, X, W, V)["Y"], (X @ W.T + 0.5).tanh() @ V.T + 0.5, what="output")


@pytest.mark.weight(2)
@pytest.mark.needs("calls_in_order")
def test_children_are_registered(submission, rng):
    """The parameters are found under the names 0.weight, 0.bias, 2.weight and 2.bias."""
    names = submission.run(mlp, rng.normal(5, 3), rng.normal(3, 3), rng.normal(2, 3))["names"]
    assert_equal(names, ["0.weight", "0.bias", "2.weight", "2.bias"], what="names in the state_dict")


@pytest.mark.needs("calls_in_order")
def test_gradient_reaches_the_first_layer(submission, rng):
    """backward gives the first layer's weight a gradient."""
    gradient = submission.run(mlp, rng.normal(5, 3), rng.normal(3, 3), rng.normal(2, 3))["grad"]
    assert gradient is not None and gradient.abs().max() > 0, "no gradient reached the first layer"


@pytest.mark.needs("calls_in_order")
def test_hooks_fire(submission, rng):
    """A forward hook on a child takes effect."""
    X = rng.normal(3, 2)
    assert_close(submission.run(hooked, X), (2 * X.tanh()).sigmoid(), what="output with a hook")


@pytest.mark.weight(2)
@pytest.mark.needs("calls_in_order")
def test_index_slice_append(submission, rng):
    """Indices, also negative ones, slices, len and append work as for a list."""
    X = rng.normal(3, 2)
    found = submission.run(indexed, X)
    assert_close(found["Y"], torch.nn.functional.softplus(X.tanh().sigmoid()), what="output after append")
    assert_equal(found["len"], 3, what="len")
    assert_equal(found["same"], True, what="append returns the MySequential itself")
    assert_equal(found["items"], [True] * 4, what="net[0], net[2], net[-1], net[-3] are the modules themselves")
    assert_equal(found["slice"], True, what="a slice is a MySequential")
    assert_close(found["part"], torch.nn.functional.softplus(X.sigmoid()), what="output of the slice")
    assert_equal(found["every other"], 2, what="len of net[::2]")
    assert_equal(found["themselves"], True, what="net[1:] holds the modules themselves, no copies")


@pytest.mark.needs("index_slice_append")
def test_refuses_an_index_beyond_the_end(submission):
    """In a row of two, index 2 is an IndexError."""
    assert_raises(IndexError, submission.run, at, 2)


@pytest.mark.needs("calls_in_order")
def test_one_module_twice(submission, rng):
    """A module that stands in the row twice is applied twice, counts twice in len, and has two indices."""
    X = rng.normal(3, 2)
    output, length = submission.run(twice, X)
    softplus = torch.nn.functional.softplus
    assert_close(output, softplus(softplus(X).tanh()), what="output")
    assert_equal(length, 3, what="len")
    assert_equal(submission.run(third), True, what="net[2] is the module that also stands at net[0]")


@pytest.mark.needs("calls_in_order")
def test_no_modules(submission, rng):
    """A row of no modules returns its input."""
    X = rng.normal(3, 2)
    assert_close(submission.run(nothing, X), X, what="output")


@pytest.mark.needs("children_are_registered")
def test_modes_reach_the_children(submission):
    """eval() and train() reach the modules in the row."""
    evaluating, training = submission.run(modes)
    assert_equal(evaluating, [False, False], what="training flags after eval()")
    assert_equal(training, [True, True], what="training flags after train()")


@pytest.mark.needs("calls_in_order")
def test_refuses_functions(submission, rng):
    """A function among the modules is a TypeError."""
    assert_raises(TypeError, submission.run, with_a_function, rng.normal(2, 2))
