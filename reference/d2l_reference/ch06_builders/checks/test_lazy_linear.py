"""Hidden checks of ch06/lazy_linear."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn


@probe
def with_known_numbers(module, X, first, W, b):
    """The output of a layer that `first` has made, with W and b, and gradients of its weighted sum."""
    layer = module.MyLazyLinear(out_features=W.shape[0], bias=b is not None)
    layer(first)
    with torch.no_grad():
        layer.weight.copy_(W)
        if b is not None:
            layer.bias.copy_(b)
    return layer(X).detach()


@probe
def gradients(module, X, W, b, C):
    """Gradients of (Y * C).sum() for X, W and b; None where none arrives."""
    layer = module.MyLazyLinear(W.shape[0])
    layer(X)
    with torch.no_grad():
        layer.weight.copy_(W)
        layer.bias.copy_(b)
    X = X.clone().requires_grad_()
    Y = layer(X)
    if Y.requires_grad:
        (Y * C).sum().backward()
    return [t.grad for t in (X, layer.weight, layer.bias)]


@probe
def first_of_a_graph(module, X):
    """The first X is itself computed with gradients; what the parameters are then, and X's gradient."""
    X = X.clone().requires_grad_()
    layer = module.MyLazyLinear(2)
    Y = layer(2 * X)
    leaves = [p.is_leaf and isinstance(p, nn.Parameter) for p in (layer.weight, layer.bias)]
    if Y.requires_grad:
        Y.sum().backward()
    right = X.grad is not None and torch.allclose(X.grad, 2 * layer.weight.detach().sum(0).expand_as(X), atol=1e-5)
    return leaves, right


@probe
def two_layers(module, X, narrow):
    """Whether layers are independent of each other, and of a layer with another number of inputs."""
    a, b, c = module.MyLazyLinear(3), module.MyLazyLinear(3), module.MyLazyLinear(3)
    a(X), c(narrow)
    waiting = [bool(layer.initialized) for layer in (a, b, c)]
    b(X)
    return waiting, torch.equal(a.weight, b.weight), torch.equal(a.bias, b.bias), c.weight.shape[1]


@probe
def refused(module, X, later, fitting, W, b):
    """A layer that has refused an input goes on as before."""
    layer = module.MyLazyLinear(W.shape[0])
    layer(X)
    with torch.no_grad():
        layer.weight.copy_(W)
        layer.bias.copy_(b)
    kept = layer.weight
    try:
        layer(later)
        return "nothing was refused"
    except ValueError:
        return layer.weight is kept, layer(fitting).detach()


@probe
def later_call(module, first, later, bias):
    layer = module.MyLazyLinear(3, bias)
    layer(first)
    return layer(later).detach()


@probe
def spread(module, X, outputs):
    """Largest weight and bias in units of 1/sqrt(in), and the spread of the weights, coarsely rounded."""
    layer = module.MyLazyLinear(outputs)
    layer(X)
    w, b = (t.detach().double() * X.shape[-1] ** 0.5 for t in (layer.weight, layer.bias))
    return [round(v.item(), 1) for v in (w.abs().max(), b.abs().max(), w.square().mean().sqrt())]


@pytest.mark.weight(3)
@pytest.mark.needs("any_leading_shape")
def test_any_input(submission, rng):
    """Any number of axes, single inputs and outputs, batches of one and of none, with and without a bias."""
    n, d, h = rng.integers(2, 6), rng.integers(2, 9), rng.integers(2, 6)
    for shape, outputs in [((n, d), h), ((1, 1), 1), ((3, 1, 2, d), h), ((d,), 1), ((1, n, 7), 2)]:
        for dtype in (torch.float32, torch.float64):
            X, first = rng.normal(*shape, dtype=dtype, std=5.0), rng.normal(n, shape[-1], dtype=dtype)
            W, b = rng.normal(outputs, shape[-1], dtype=dtype), rng.normal(outputs, dtype=dtype)
            assert_close(submission.run(with_known_numbers, X, first, W, b), X @ W.T + b, dtype=True)
            assert_close(submission.run(with_known_numbers, X, X, W, None), X @ W.T, dtype=True)
    X, W, b = rng.normal(0, d), rng.normal(h, d), rng.normal(h)
    assert_close(submission.run(with_known_numbers, X, rng.normal(2, d), W, b), X @ W.T + b, trivial=True)


@pytest.mark.weight(2)
@pytest.mark.needs("learns_in_a_network")
def test_gradients(submission, rng):
    """Gradients flow to X, weight and bias and are right, for a batch of batches."""
    X, W, b, C = rng.normal(2, 3, 4), rng.normal(5, 4), rng.normal(5), rng.normal(2, 3, 5)
    found = submission.run(gradients, X, W, b, C)
    wanted = [C @ W, torch.einsum("abo,abi->oi", C, X), C.sum((0, 1))]
    for name, mine, theirs in zip(("X", "weight", "bias"), found, wanted, strict=True):
        assert_close(mine, theirs, what=f"gradient for {name}")


@pytest.mark.needs("learns_in_a_network")
def test_first_input_with_gradients(submission, rng):
    """A first X that is the output of another layer gets its gradient, and the parameters stay parameters."""
    leaves, right = submission.run(first_of_a_graph, rng.normal(3, 4))
    assert_equal(leaves, [True, True], what="answers to 'is it a parameter and a leaf?' for weight and bias")
    assert_equal(right, True, what="answer to 'is the gradient for X right?'")


@pytest.mark.needs("where_the_numbers_start")
def test_layers_are_independent(submission, rng):
    """Each layer waits for its own first call and draws its own numbers."""
    waiting, weights, biases, size = submission.run(two_layers, rng.normal(4, 6), rng.normal(4, 2))
    assert_equal(waiting, [True, False, True], what="initialized of three layers, the second not yet called,")
    assert_equal([weights, biases], [False, False], what="answers to 'do two layers have the same numbers?'")
    assert_equal(size, 2, what="number of inputs of the third layer")


@pytest.mark.weight(2)
@pytest.mark.needs("where_the_numbers_start")
def test_start_follows_the_inputs(submission, rng):
    """The range of the first numbers follows the number of inputs, also for a vector or a batch of batches."""
    for shape in ((9,), (3, 2, 100), (64, 4)):
        found = submission.run(spread, rng.normal(*shape), 2000)
        assert_equal(found, [1.0, 1.0, 0.6], what="(largest weight, largest bias, spread), in units of 1/sqrt(in),")


@pytest.mark.needs("refuses_another_size")
def test_refusal_changes_nothing(submission, rng):
    """After a refusal the layer answers as before; smaller and larger sizes and size 1 are refused."""
    W, b = rng.normal(3, 6), rng.normal(3)
    for shape in ((2, 7), (2, 5), (2, 1), (6, 2), (4,), (3,)):
        X, fitting = rng.normal(6, 6), rng.normal(2, 6)
        found = submission.run(refused, X, rng.normal(*shape), fitting, W, b)
        assert_equal(isinstance(found, tuple), True, what=f"answer to 'was shape {shape} refused by 6 inputs?'")
        assert_equal(found[0], True, what="answer to 'is the weight the same object?'")
        assert_close(found[1], fitting @ W.T + b, what="Y after the refusal")
    for bias in (True, False):
        assert_raises(ValueError, submission.run, later_call, rng.normal(3, 1), rng.normal(3, 2), bias)
