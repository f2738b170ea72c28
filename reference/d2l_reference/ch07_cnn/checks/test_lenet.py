"""Hidden checks of ch07/lenet."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_equal, probe

CLASSES = (2, 3, 5, 7, 11, 13)  # none is the size of another layer: biases are told apart by their shapes


@probe
def weights_and_logits(module, num_classes, X):
    """Parameters moved away from their start, and the logits."""
    net = module.LeNet(num_classes)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        return [p.detach() for p in net.parameters()], net(X)


@probe
def weights_and_gradients(module, X, cotangent):
    """The parameters, and the gradient of each."""
    net = module.LeNet().double()
    (net(X) * cotangent).sum().backward()
    return [p.detach() for p in net.parameters()], [p.grad for p in net.parameters()]


@probe
def summary(module, num_classes, X_shape):
    rows = module.LeNet(num_classes).layer_summary(X_shape)
    return [(str(name), tuple(int(d) for d in shape)) for name, shape in rows]


def lenet(parameters, num_classes, X):
    """LeNet's logits from given weights, told apart by their shapes."""
    shapes = [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,)]
    shapes += [(num_classes, 84), (num_classes,)]
    found = sorted(tuple(p.shape) for p in parameters)
    assert_equal(found, sorted(shapes), what="the shapes of the parameters")
    weight = {tuple(p.shape): p for p in parameters}
    X = F.conv2d(X, weight[6, 1, 5, 5], weight[6,], padding=2).sigmoid()
    X = F.conv2d(F.avg_pool2d(X, 2), weight[16, 6, 5, 5], weight[16,]).sigmoid()
    X = F.avg_pool2d(X, 2).flatten(start_dim=1)
    X = F.linear(X, weight[120, 400], weight[120,]).sigmoid()
    X = F.linear(X, weight[84, 120], weight[84,]).sigmoid()
    return F.linear(X, weight[num_classes, 84], weight[num_classes,])


@pytest.mark.weight(3)
@pytest.mark.needs("forward")
def test_forward_of_other_networks(submission, rng):
    """Any number of classes, any batch and any weights and biases give the logits of the twelve layers."""
    num_classes = rng.choice(CLASSES)
    for n in (1, rng.integers(2, 6)):
        X = rng.normal(n, 1, 28, 28)
        parameters, logits = submission.run(weights_and_logits, num_classes, X)
        expected = lenet(parameters, num_classes, X)
        assert expected.abs().max() > 1e-3, "the weights make every logit 0"
        assert_close(logits, expected, what="the logits", trivial=True)


@pytest.mark.needs("layer_summary")
def test_summary_of_other_networks(submission, rng):
    """layer_summary follows the batch and the number of classes."""
    num_classes, n = rng.choice(CLASSES), rng.integers(3, 9)
    images = [(6, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 10, 10), (16, 5, 5)]
    rows = [(400,), (120,), (120,), (84,), (84,), (num_classes,)]
    found = submission.run(summary, num_classes, (n, 1, 28, 28))
    assert_equal([shape for _, shape in found], [(n, *shape) for shape in images + rows], what="the shapes")


@pytest.mark.weight(2)
@pytest.mark.needs("forward")
def test_gradients(submission, rng):
    """Every parameter gets its gradient from the loss."""
    X, cotangent = rng.normal(4, 1, 28, 28, dtype=torch.float64), rng.normal(4, 10, dtype=torch.float64)
    parameters, gradients = submission.run(weights_and_gradients, X, cotangent)
    leaves = [p.clone().requires_grad_() for p in parameters]
    expected = torch.autograd.grad((lenet(leaves, 10, X) * cotangent).sum(), leaves)
    for parameter, gradient, wanted in zip(parameters, gradients, expected, strict=True):
        name = f"the gradient of the parameter of shape {tuple(parameter.shape)}"
        assert wanted.abs().max() > 1e-6, f"the weights make {name} 0"
        assert_close(gradient, wanted, what=name, trivial=True)
