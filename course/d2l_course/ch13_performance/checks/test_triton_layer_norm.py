"""Public checks of layer_norm: values, statistics, gradients, memory, operators, legality, errors."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_dtype, assert_raises, kernels


def parameters(rng, n):
    """A weight and a bias that are neither 1 nor 0."""
    return rng.uniform(n, low=0.5, high=1.5), rng.normal(n)


def truth(x, weight, bias, dy, eps=1e-5):
    """Result and gradients in float64."""
    leaves = [each.double().requires_grad_() for each in (x, weight, bias)]
    y = torch.nn.functional.layer_norm(leaves[0], (x.shape[-1],), leaves[1], leaves[2], eps)
    return y.detach(), torch.autograd.grad((y * dy.double()).sum(), leaves)


def gradients(submission, x, weight, bias, dy):
    """A watched call with its backward pass."""
    return kernels.launch(submission, "layer_norm", x, weight, bias, cotangent=dy, wrt=(0, 1, 2))


def test_worked_example(submission):
    """A row of 1 and 3 becomes -1 and 1, then is scaled and shifted."""
    x = torch.tensor([[1.0, 3.0], [6.0, 2.0]])
    run = kernels.launch(submission, "layer_norm", x, torch.tensor([2.0, 1.0]), torch.tensor([0.5, 5.0]), eps=0.0)
    assert_close(run.result, torch.tensor([[-1.5, 6.0], [2.5, 4.0]]))


@pytest.mark.weight(2)
def test_forward(submission, rng):
    """Rows of any length, behind any number of leading axes."""
    for shape in ((5, 7), (12,), (2, 3, 6), (3, 1)):
        weight, bias = parameters(rng, shape[-1])
        x = 2 * rng.normal(*shape) + 3
        run = kernels.launch(submission, "layer_norm", x, weight, bias)
        assert_close(run.result, truth(x, weight, bias, x)[0].float(), rtol=1e-3, atol=1e-4)


def test_epsilon(submission, rng):
    """eps is added to the variance."""
    x, (weight, bias) = 0.1 * rng.normal(4, 6), parameters(rng, 6)
    run = kernels.launch(submission, "layer_norm", x, weight, bias, eps=0.3)
    assert_close(run.result, truth(x, weight, bias, x, 0.3)[0].float())


def test_large_mean(submission, rng):
    """Numbers around a thousand are normalised as well as those around zero."""
    x, (weight, bias) = rng.normal(4, 50) + 1000, parameters(rng, 50)
    run = kernels.launch(submission, "layer_norm", x, weight, bias)
    assert_close(run.result, truth(x, weight, bias, x)[0].float(), rtol=0.0, atol=4e-3)


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_gradient_of_x(submission, rng):
    """The gradient reaches x, behind two leading axes, too."""
    x, (weight, bias), dy = rng.normal(2, 3, 10), parameters(rng, 10), rng.normal(2, 3, 10)
    run = gradients(submission, x, weight, bias, dy)
    assert_close(run.gradients[0], truth(x, weight, bias, dy)[1][0].float(), what="gradient of x", rtol=1e-3, atol=1e-4)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_gradient_of_weight(submission, rng):
    """The gradient reaches weight, from all rows."""
    x, (weight, bias), dy = rng.normal(9, 10) + 1, parameters(rng, 10), rng.normal(9, 10)
    run = gradients(submission, x, weight, bias, dy)
    expected = truth(x, weight, bias, dy)[1][1].float()
    assert_close(run.gradients[1], expected, what="gradient of weight", rtol=1e-3, atol=1e-4)


@pytest.mark.needs("worked_example")
def test_gradient_of_bias(submission, rng):
    """The gradient reaches bias, from all rows."""
    x, (weight, bias), dy = rng.normal(9, 10) + 1, parameters(rng, 10), rng.normal(9, 10)
    run = gradients(submission, x, weight, bias, dy)
    assert_close(run.gradients[2], dy.sum(0), what="gradient of bias", rtol=1e-3, atol=1e-4)


@pytest.mark.needs("worked_example")
def test_strided_gradient(submission, rng):
    """The gradient that comes in may have any strides."""
    x, (weight, bias), dy = rng.normal(5, 8), parameters(rng, 8), rng.normal(5, 8)
    run = gradients(submission, x, weight, bias, kernels.guarded(dy, stride=(1, 5)))
    assert_close(run.gradients, [each.float() for each in truth(x, weight, bias, dy)[1]], rtol=1e-3, atol=1e-4)


@pytest.mark.needs("worked_example")
def test_half_precision(submission, rng):
    """float16 comes back as float16, with statistics in float32."""
    x = (200 * rng.normal(3, 300) + 100).half()
    weight, bias = (each.half() for each in parameters(rng, 300))
    run = kernels.launch(submission, "layer_norm", x, weight, bias)
    assert_dtype(run.result, torch.float16)
    assert_close(run.result.double(), truth(x, weight, bias, x)[0], rtol=2e-3, atol=2e-3)


@pytest.mark.needs("worked_example")
def test_memory_around(submission, rng):
    """The arguments and all that lies around them and around the result stay as they are."""
    x, (weight, bias), dy = rng.normal(5, 6), parameters(rng, 6), rng.normal(5, 6)
    kernels.assert_guards(gradients(submission, x, weight, bias, dy))


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_no_races(submission, rng):
    """No kernel leaves its tensors, and no two programs write to the same place without atomics."""
    x, (weight, bias), dy = rng.normal(7, 6), parameters(rng, 6), rng.normal(7, 6)
    kernels.assert_clean(gradients(submission, x, weight, bias, dy))


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_kernels_compute(submission, rng):
    """Torch computes nothing but the final sums."""
    x, (weight, bias), dy = rng.normal(5, 8), parameters(rng, 8), rng.normal(5, 8)
    run = gradients(submission, x, weight, bias, dy)
    kernels.assert_no_arithmetic(run)
    kernels.assert_no_arithmetic(run, allowed=("sum",), backward=True)


@pytest.mark.observed
@pytest.mark.needs("worked_example")
def test_compiles(submission, compiler, rng):
    """All kernels compile for an A100."""
    x, (weight, bias), dy = rng.normal(5, 100), parameters(rng, 100), rng.normal(5, 100)
    kernels.assert_compiles(compiler, gradients(submission, x, weight, bias, dy), arch=80)


@pytest.mark.needs("worked_example")
def test_wrong_parameters(submission, rng):
    """A weight or a bias of another shape is refused."""
    x, (weight, bias) = rng.normal(3, 6), parameters(rng, 6)
    for shape in ((5,), (1,), (6, 1)):
        assert_raises(
            ValueError, kernels.launch, submission, "layer_norm", x, torch.ones(shape), bias, mentions=(str(shape),)
        )
        assert_raises(
            ValueError, kernels.launch, submission, "layer_norm", x, weight, torch.ones(shape), mentions=(str(shape),)
        )
