"""Public checks of ch06/lazy_linear.

What the parameters start with differs from one right solution to the next, so the probes compare it with itself or
put known numbers in its place.
"""

import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_close, assert_equal, probe
from torch import nn


@probe
def first_call(module, X, outputs):
    """What the first call creates, and whether it returns X W^T + b with that."""
    layer = module.MyLazyLinear(outputs)
    before = layer.initialized
    Y = layer(X)
    weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
    shapes = [tuple(t.shape) if isinstance(t, torch.Tensor) else None for t in (Y, weight, bias)]
    fits = shapes == [(*X.shape[:-1], outputs), (outputs, X.shape[-1]), (outputs,)]
    formula = "something else"
    if fits:
        product = X @ weight.T
        for name, wanted in (("X W^T", product), ("X W^T - b", product - bias), ("X W^T + b", product + bias)):
            formula = name if torch.allclose(Y, wanted, atol=1e-5) else formula
    return {
        "initialized": [bool(before), bool(layer.initialized)],
        "Y": shapes[0], "weight": shapes[1], "bias": shapes[2], "formula": formula,
    }  # fmt: skip


@probe
def called_twice(module, X, fewer, training):
    """Whether a second call, and one with another batch, uses the parameters of the first."""
    layer = module.MyLazyLinear(4).train(training)
    Y, weight, bias = layer(X), layer.weight, layer.bias
    again = layer(X)
    same = [torch.equal(Y, again), layer.weight is weight, layer.bias is bias]
    layer(fewer)
    return [*same, layer.weight is weight, layer.bias is bias]


@probe
def registered(module, X, no_grad, training=True):
    """Names of the parameters and whether they want gradients, with a bias and without one."""
    found = []
    for bias in (True, False):
        layer = module.MyLazyLinear(4, bias).train(training)
        with torch.set_grad_enabled(not no_grad):
            layer(X)
        named = dict(layer.named_parameters())
        found.append([sorted(named), sorted(layer.state_dict()), all(p.requires_grad for p in named.values())])
    return found


@probe
def with_known_numbers(module, X, first, W, b):
    """The output of a layer that a first call has made and that then gets W and b, if there is one."""
    layer = module.MyLazyLinear(W.shape[0], b is not None)
    layer(first)
    with torch.no_grad():
        layer.weight.copy_(W)
        if b is not None:
            layer.bias.copy_(b)
    return layer(X).detach()


@probe
def in_double(module, X):
    """dtypes of the parameters and of the output."""
    layer = module.MyLazyLinear(3)
    Y = layer(X)
    return [str(t.dtype) for t in (layer.weight, layer.bias, Y)]


@probe
def start(module, X, outputs):
    """The numbers that a layer starts with, in units of 1/sqrt(in), coarsely rounded."""
    layer = module.MyLazyLinear(outputs)
    layer(X)
    w, b = (t.detach() * X.shape[-1] ** 0.5 for t in (layer.weight, layer.bias))
    return {
        "largest weight": round(w.abs().max().item(), 1), "mean of weights": abs(round(w.mean().item(), 1)),
        "spread of weights": round(w.square().mean().sqrt().item(), 1), "largest bias": round(b.abs().max().item(), 1),
        "both signs in bias": bool((b > 0).any() and (b < 0).any()),
        "copied": torch.isin(b, w).sum().item() > b.numel() // 2,
    }  # fmt: skip


@probe
def trained(module, X, y):
    """A network of two lazy layers after a dry run: its parameters, their gradients, and whether training helps."""
    net = nn.Sequential(module.MyLazyLinear(16), nn.Tanh(), module.MyLazyLinear(1))
    with torch.no_grad():
        net(X)
    params = list(net.parameters())
    losses, start = [], X.clone().requires_grad_()
    Y = net(start)
    if Y.requires_grad:
        Y.sum().backward()
    found = {"parameters": len(params), "input": start.grad is not None}
    for _ in range(400):
        loss = (net(X) - y).square().mean()
        if not loss.requires_grad:
            return found | {"gradients": [False] * len(params), "learns": False}
        net.zero_grad()
        loss.backward()
        losses.append(loss.item())
        reached = [p.grad is not None for p in params]
        with torch.no_grad():
            for p in params:
                if p.grad is not None:
                    p -= 0.3 * p.grad
    return found | {"gradients": reached, "learns": losses[-1] < 0.1 * losses[0]}


@probe
def refusal(module, first, later, outputs):
    """What comes of a call with one input, then one with another: the sizes that the ValueError names."""
    layer = module.MyLazyLinear(outputs)
    layer(first)
    try:
        layer(later)
        return "no error"
    except ValueError as error:
        return [size for size in (first.shape[-1], later.shape[-1]) if str(size) in str(error)]
    except Exception:
        return "another error"


@pytest.mark.weight(2)
def test_first_call_creates_the_parameters(submission, rng):
    """The first call creates weight and bias in the right shapes, and returns X W^T + b."""
    found = submission.run(first_call, rng.normal(5, 7), 3)
    assert_equal(found["weight"], (3, 7), what="shape of weight")
    assert_equal(found["bias"], (3,), what="shape of bias")
    assert_equal(found["Y"], (5, 3), what="shape of Y")
    if found["formula"] != "X W^T + b":
        raise CheckFailed("Y should be X W^T + b.", f"It is {found['formula']}.")
    assert_equal(found["initialized"], [False, True], what="layer.initialized before and after the first call")


@pytest.mark.needs("first_call_creates_the_parameters")
def test_later_calls_use_them(submission, rng):
    """Later calls use the parameters of the first, also for batches of another size and in evaluation mode."""
    X, fewer = rng.normal(5, 7), rng.normal(2, 7)
    parts = ("output of the same X", "weight", "bias", "weight after another batch", "bias after another batch")
    for training, where in ((True, ""), (False, " in evaluation mode")):
        found = submission.run(called_twice, X, fewer, training)
        for part, same in zip(parts, found, strict=True):
            assert_equal(same, True, what=f"answer to 'is it the same as before{where}: {part}?'")


@pytest.mark.weight(2)
@pytest.mark.needs("first_call_creates_the_parameters")
def test_parameters_are_registered(submission, rng):
    """The layer has the parameters weight and bias, and no bias if there is to be none."""
    (names, state, wanted), (alone, state_alone, _) = submission.run(registered, rng.normal(4, 6), False)
    assert_equal(names, ["bias", "weight"], what="names of the parameters")
    assert_equal(state, ["bias", "weight"], what="names in the state_dict")
    assert_equal(wanted, True, what="answer to 'do all parameters want gradients?'")
    assert_equal([alone, state_alone], [["weight"]] * 2, what="names without a bias, of parameters and in state_dict")


@pytest.mark.needs("parameters_are_registered")
def test_a_dry_run_without_gradients(submission, rng):
    """Parameters want gradients also if the first call was made under torch.no_grad(), or in evaluation mode."""
    X = rng.normal(4, 6)
    for no_grad, training, how in ((True, True, "under torch.no_grad()"), (False, False, "in evaluation mode")):
        found = submission.run(registered, X, no_grad, training)
        wanted = [wanted for _, _, wanted in found]
        assert_equal(wanted, [True, True], what=f"requires_grad with and without a bias, after a first call {how}")


@pytest.mark.weight(3)
@pytest.mark.needs("later_calls_use_them", "parameters_are_registered")
def test_any_leading_shape(submission, rng):
    """A vector, a square batch and a batch of batches are mapped along their last axis, with known W and b."""
    for shape in ((6, 6), (2, 4, 6), (6,)):
        X, W, b = rng.normal(*shape), rng.normal(3, 6), rng.normal(3)
        assert_close(submission.run(with_known_numbers, X, X, W, b), X @ W.T + b, what=f"Y for X of shape {shape}")
    X, W = rng.normal(2, 6), rng.normal(3, 6)
    assert_close(submission.run(with_known_numbers, X, X, W, None), X @ W.T, what="Y without a bias")


@pytest.mark.needs("first_call_creates_the_parameters")
def test_double_precision(submission, rng):
    """A first X in float64 makes parameters in float64."""
    found = submission.run(in_double, rng.normal(3, 5, dtype=torch.float64))
    assert_equal(found, ["torch.float64"] * 3, what="dtypes of weight, bias and Y")


@pytest.mark.weight(2)
@pytest.mark.needs("first_call_creates_the_parameters")
def test_where_the_numbers_start(submission, rng):
    """Weights and biases are drawn evenly between -1/sqrt(in) and 1/sqrt(in)."""
    found = submission.run(start, rng.normal(2, 64), 500)
    wanted = {"largest weight": 1.0, "mean of weights": 0.0, "spread of weights": 0.6, "largest bias": 1.0}
    for name, value in wanted.items():
        assert_equal(found[name], value, what=f"{name}, in units of 1/sqrt(in) and rounded,")
    assert_equal(found["both signs in bias"], True, what="answer to 'are there both signs in the bias?'")
    assert_equal(found["copied"], False, what="answer to 'are the numbers of the bias copies of weights?'")


@pytest.mark.weight(2)
@pytest.mark.needs("later_calls_use_them", "parameters_are_registered")
def test_learns_in_a_network(submission, rng):
    """After a dry run, gradient descent on the parameters of a network of two lazy layers learns."""
    X = rng.normal(32, 3)
    found = submission.run(trained, X, X[:, :1] - 0.5 * X[:, 1:2])
    assert_equal(found["parameters"], 4, what="number of parameters")
    assert_equal(found["input"], True, what="answer to 'did a gradient reach X?'")
    assert_equal(found["gradients"], [True] * 4, what="answers to 'did a gradient reach this parameter?'")
    assert_equal(found["learns"], True, what="answer to 'did the loss fall below a tenth?'")


@pytest.mark.needs("later_calls_use_them")
def test_refuses_another_size(submission, rng):
    """A later X with another last size is a ValueError that names both sizes."""
    X, later = rng.normal(4, 17), rng.normal(4, 19)
    found = submission.run(refusal, X, later, 3)
    if not isinstance(found, list):
        raise CheckFailed("17 inputs first and then 19 should raise a ValueError.", f"There was {found}.")
    assert_equal(found, [17, 19], what="sizes that the ValueError names, of 17 and 19,")
    found = submission.run(refusal, X, later, 19)
    if not isinstance(found, list):
        raise CheckFailed(
            "17 inputs and then 19 should raise a ValueError, also for 19 outputs.", f"There was {found}."
        )
