"""Hidden checks of ch07/learn_kernel."""

import pytest
import torch
import torch.nn.functional as F
from d2l_course.ch07_cnn.checks.test_learn_kernel import forward, learn
from d2l_kit.checks import assert_close, assert_shape, probe


@probe
def learn_twice(module, X, Y, kernel_size, lr):
    first = module.learn_kernel(X, Y, kernel_size, lr=lr)
    torch.rand(7)
    second = module.learn_kernel(X, Y, kernel_size, lr=lr, steps=300, seed=0)
    return first.weight.detach(), second.weight.detach()


@pytest.mark.weight(2)
@pytest.mark.needs("forward_on_one_image")
def test_forward_under_leading_axes(submission, rng):
    """Batches, and batches of batches, are treated image by image."""
    weight, bias = rng.normal(3, 2), rng.normal(1)
    for leading in [(1,), (4,), (2, 3)]:
        X = rng.normal(*leading, 5, 7)
        images = X.reshape(-1, 1, 5, 7)
        expected = F.conv2d(images, weight[None, None], bias).reshape(*leading, 3, 6)
        assert_close(submission.run(forward, X, weight, bias), expected)


@pytest.mark.weight(3)
@pytest.mark.needs("forward_under_leading_axes", "recovers_a_kernel_and_its_bias")
def test_recovers_random_kernels(submission, rng):
    """Random kernels of several sizes, and their bias, are found from a batch of images."""
    for size in [(1, 2), (3, 3), (2, 4)]:
        X, weight, bias = rng.normal(16, 8, 9), rng.normal(*size), torch.tensor([0.7])
        Y = F.conv2d(X[:, None], weight[None, None], bias)[:, 0]
        found = submission.run(learn, X, Y, size)
        assert_close(found, {"weight": weight, "bias": bias}, rtol=0, atol=0.02, what="what was learned")


@pytest.mark.needs("recovers_a_kernel_and_its_bias")
def test_same_seed_same_kernel(submission, rng):
    """The same seed gives the same layer, whatever was drawn before; the default is 300 steps, seed 0."""
    X, Y = rng.normal(5, 6), rng.normal(4, 5, std=10.0)
    first, second = submission.run(learn_twice, X, Y, (2, 2), lr=0.001)
    assert_close(second, first, what="weight of the second run")


@pytest.mark.weight(2)
@pytest.mark.needs("same_seed_same_kernel", "finds_an_edge_detector")
def test_one_step_is_one_gradient(submission, rng):
    """One step moves the parameters by the learning rate times the gradient of the mean squared error."""
    X, Y, lr = rng.normal(6, 7), rng.normal(5, 5, std=10.0), 0.003
    start = submission.run(learn, X, -Y, (2, 3), lr=lr, steps=0)  # no step: Y must not matter
    assert_shape(start["weight"], (2, 3), what="weight before the first step")
    weight, bias = (start[name].clone().requires_grad_() for name in ("weight", "bias"))
    loss = F.mse_loss(F.conv2d(X[None, None], weight[None, None], bias)[0, 0], Y)
    weight_step, bias_step = torch.autograd.grad(loss, (weight, bias))
    expected = {"weight": (weight - lr * weight_step).detach(), "bias": (bias - lr * bias_step).detach()}
    found = submission.run(learn, X, Y, (2, 3), lr=lr, steps=1)
    assert_close(found, expected, what="what was learned in one step")
