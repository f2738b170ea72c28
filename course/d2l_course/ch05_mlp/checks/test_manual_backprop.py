"""Public checks of ch05/manual_backprop."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_dtype, probe


@probe
def logits(module, params, X):
    return module.forward(params, X)[0]


@probe
def arguments_after(module, params, X, y):
    """The answer, and the arguments as they are afterwards."""
    answer = module.loss_and_grads(params, X, y, 0.3)
    return answer, (params, X)


def network(rng, d, h, c, dtype=torch.float64):
    shapes = {"W1": (d, h), "b1": (h,), "W2": (h, c), "b2": (c,)}
    return {name: rng.normal(*shape, dtype=dtype) for name, shape in shapes.items()}


def by_autograd(params, X, y, lambd):
    leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
    out = torch.relu(X @ leaves["W1"] + leaves["b1"]) @ leaves["W2"] + leaves["b2"]
    loss = F.cross_entropy(out, y) + lambd / 2 * ((leaves["W1"] ** 2).sum() + (leaves["W2"] ** 2).sum())
    grads = torch.autograd.grad(loss, list(leaves.values()))
    return loss.detach(), dict(zip(leaves, grads, strict=True))


@pytest.mark.weight(2)
def test_forward(submission, rng):
    """The logits are relu(X W1 + b1) W2 + b2."""
    params, X = network(rng, 3, 5, 4), rng.normal(6, 3, dtype=torch.float64)
    expected = (X @ params["W1"] + params["b1"]).clamp(min=0) @ params["W2"] + params["b2"]
    assert_close(submission.run(logits, params, X), expected, what="logits")


@pytest.mark.weight(2)
@pytest.mark.needs("forward")
def test_loss(submission, rng):
    """The loss is torch's mean cross-entropy, plus half of lambd times the squares of both matrices."""
    params, X, y = network(rng, 3, 5, 4), rng.normal(7, 3, dtype=torch.float64), rng.integers(0, 4, 7)
    for lambd in (0.0, 0.4):
        loss, _ = submission.loss_and_grads(params, X, y, lambd)
        assert_close(loss, by_autograd(params, X, y, lambd)[0], what=f"loss for lambd = {lambd}")


@pytest.mark.weight(4)
@pytest.mark.needs("loss")
def test_gradients(submission, rng):
    """Without a penalty all four gradients are autograd's."""
    params, X, y = network(rng, 3, 5, 4), rng.normal(7, 3, dtype=torch.float64), rng.integers(0, 4, 7)
    _, grads = submission.loss_and_grads(params, X, y)
    assert_close(grads, by_autograd(params, X, y, 0.0)[1], what="gradients")


@pytest.mark.weight(2)
@pytest.mark.needs("gradients")
def test_penalty(submission, rng):
    """With a penalty all four gradients are autograd's; biases are not penalised."""
    params, X, y = network(rng, 2, 4, 3), rng.normal(5, 2, dtype=torch.float64), rng.integers(0, 3, 5)
    _, grads = submission.loss_and_grads(params, X, y, 0.1)
    assert_close(grads, by_autograd(params, X, y, 0.1)[1], what="gradients")


@pytest.mark.needs("loss")
def test_loss_is_a_tensor(submission, rng):
    """The loss is a tensor without axes, and not a plain number."""
    params, X, y = network(rng, 3, 2, 4), rng.normal(5, 3, dtype=torch.float64), rng.integers(0, 4, 5)
    loss, _ = submission.loss_and_grads(params, X, y)
    assert isinstance(loss, torch.Tensor), f"the loss should be a tensor without axes, not a {type(loss).__name__}"


@pytest.mark.needs("gradients")
def test_dtype_is_kept(submission, rng):
    """The gradients of float64 parameters are float64, those of float32 parameters float32."""
    for dtype in (torch.float64, torch.float32):
        params, X, y = network(rng, 3, 2, 4, dtype), rng.normal(5, 3, dtype=dtype), rng.integers(0, 4, 5)
        _, grads = submission.loss_and_grads(params, X, y)
        for name, gradient in grads.items():
            assert_dtype(gradient, dtype, what=f"gradient for {name}")


@pytest.mark.needs("gradients")
def test_arguments_are_left_alone(submission, rng):
    """Parameters and inputs are the same after the call."""
    params, X, y = network(rng, 3, 3, 3), rng.normal(3, 3, dtype=torch.float64), rng.integers(0, 3, 3)
    answer, after = submission.run(arguments_after, params, X, y)
    assert_close(answer, by_autograd(params, X, y, 0.3), what="(loss, gradients)")
    assert_close(after, (params, X), what="arguments after the call")
