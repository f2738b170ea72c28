"""Public checks of ch07/lenet."""

import math

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_equal, probe

SHAPES = [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,)]


@probe
def parameters(module, num_classes):
    return [p.detach() for p in module.LeNet(num_classes).parameters()]


@probe
def parameters_and_logits(module, X):
    net = module.LeNet()
    return [p.detach() for p in net.parameters()], net(X).detach()


@probe
def summary(module, X_shape):
    return [(str(name), tuple(int(d) for d in shape)) for name, shape in module.LeNet().layer_summary(X_shape)]


def lenet(parameters, X):
    """LeNet's logits from given weights, told apart by their shapes."""
    shapes = sorted(tuple(p.shape) for p in parameters)
    assert_equal(shapes, sorted(SHAPES), what="the shapes of the parameters")
    weight = {tuple(p.shape): p for p in parameters}
    X = F.conv2d(X, weight[6, 1, 5, 5], weight[6,], padding=2).sigmoid()
    X = F.conv2d(F.avg_pool2d(X, 2), weight[16, 6, 5, 5], weight[16,]).sigmoid()
    X = F.avg_pool2d(X, 2).flatten(start_dim=1)
    X = F.linear(X, weight[120, 400], weight[120,]).sigmoid()
    X = F.linear(X, weight[84, 120], weight[84,]).sigmoid()
    return F.linear(X, weight[10, 84], weight[10,])


@pytest.mark.weight(4)
def test_forward(submission, rng):
    """The logits are those of the twelve layers, computed from your network's own weights."""
    X = rng.normal(3, 1, 28, 28)
    found, logits = submission.run(parameters_and_logits, X)
    expected = lenet(found, X)
    assert expected.abs().max() > 1e-3, "your weights make every logit 0: how do they start?"
    assert_close(logits, expected, what="the logits", trivial=True)


@pytest.mark.needs("forward")
def test_parameter_count(submission):
    """LeNet has 61,706 parameters for ten classes, and 85 fewer for each class less."""
    for num_classes, count in [(10, 61_706), (3, 61_111)]:
        found = submission.run(parameters, num_classes)
        assert_equal(sum(p.numel() for p in found), count, what="the number of parameters")


@pytest.mark.weight(2)
def test_layer_summary(submission):
    """layer_summary names each layer and the shape that comes out of it."""
    expected = [
        ("Conv2d", (2, 6, 28, 28)),
        ("Sigmoid", (2, 6, 28, 28)),
        ("AvgPool2d", (2, 6, 14, 14)),
        ("Conv2d", (2, 16, 10, 10)),
        ("Sigmoid", (2, 16, 10, 10)),
        ("AvgPool2d", (2, 16, 5, 5)),
        ("Flatten", (2, 400)),
        ("Linear", (2, 120)),
        ("Sigmoid", (2, 120)),
        ("Linear", (2, 84)),
        ("Sigmoid", (2, 84)),
        ("Linear", (2, 10)),
    ]
    assert_equal(submission.run(summary, (2, 1, 28, 28)), expected, what="the summary")


@pytest.mark.weight(2)
@pytest.mark.needs("forward")
def test_xavier_weights(submission):
    """The weights of every layer are spread evenly over the Xavier range, -a to a."""
    weights = [p for p in submission.run(parameters, 10) if p.dim() > 1]
    assert_equal(len(weights), 5, what="the number of weight tensors")
    for weight in weights:
        field = weight[0, 0].numel()  # 25 for a 5x5 kernel, 1 for a dense layer
        a = math.sqrt(6 / (field * weight.shape[1] + field * weight.shape[0]))
        name = f"the weights of shape {tuple(weight.shape)}"
        assert 0.9 * a < weight.abs().max() <= a * 1.0001, (
            f"{name}: the largest should be just below a = {a:.3f}; it is {weight.abs().max():.3f}"
        )
        assert 0.8 < weight.std() * math.sqrt(3) / a < 1.2, (
            f"{name}: evenly spread numbers have a standard deviation of {a / math.sqrt(3):.3f}; "
            f"yours is {weight.std():.3f}"
        )
