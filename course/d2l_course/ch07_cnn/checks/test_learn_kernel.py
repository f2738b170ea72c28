"""Public checks of ch07/learn_kernel."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def parameter_shapes(module, kernel_size):
    return {name: tuple(p.shape) for name, p in module.Conv2D(kernel_size).named_parameters()}


@probe
def forward(module, X, weight, bias):
    layer = module.Conv2D(tuple(weight.shape))
    with torch.no_grad():
        layer.weight.copy_(weight.reshape(layer.weight.shape))
        layer.bias.copy_(bias.reshape(layer.bias.shape))
        return layer(X)


@probe
def learn(module, X, Y, kernel_size, **options):
    layer = module.learn_kernel(X, Y, kernel_size, **options)
    return {"weight": layer.weight.detach(), "bias": layer.bias.detach()}


@probe
def learned_weight(module, X, Y, kernel_size, **options):
    return module.learn_kernel(X, Y, kernel_size, **options).weight.detach()


@pytest.mark.weight(2)
def test_forward_on_one_image(submission, rng):
    """The layer's answer is the cross-correlation plus the bias."""
    X, weight, bias = rng.normal(5, 7), rng.normal(2, 3), torch.tensor([0.5])
    expected = F.conv2d(X[None, None], weight[None, None], bias)[0, 0]
    assert_close(submission.run(forward, X, weight, bias), expected)


@pytest.mark.needs("forward_on_one_image")
def test_registers_its_parameters(submission):
    """The layer has two parameters: weight of the kernel's size, and bias of size 1."""
    assert_equal(submission.run(parameter_shapes, (2, 3)), {"weight": (2, 3), "bias": (1,)})


@pytest.mark.weight(3)
@pytest.mark.needs("registers_its_parameters")
def test_recovers_a_kernel_and_its_bias(submission, rng):
    """From one image and its answers, 100 steps find the kernel and the bias behind them."""
    weight, bias = torch.tensor([[1.0, -0.5, 0.2], [0.3, 0.8, -1.0]]), torch.tensor([0.7])
    X = rng.normal(9, 12)
    Y = F.conv2d(X[None, None], weight[None, None], bias)[0, 0]
    found = submission.run(learn, X, Y, (2, 3), steps=100)
    assert_close(found, {"weight": weight, "bias": bias}, rtol=0, atol=0.02, what="what was learned")


@pytest.mark.needs("recovers_a_kernel_and_its_bias")
def test_finds_an_edge_detector(submission):
    """From a striped image and its vertical edges, 1500 small steps find the kernel [1, -1]."""
    X = torch.ones(4, 9)
    X[:, 3:7] = 0.0
    found = submission.run(learned_weight, X, X[:, :-1] - X[:, 1:], (1, 2), lr=0.02, steps=1500)
    assert_close(found, torch.tensor([[1.0, -1.0]]), rtol=0, atol=0.05, what="learned weight")
