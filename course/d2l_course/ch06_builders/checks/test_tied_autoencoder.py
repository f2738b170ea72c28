"""Public checks of ch06/tied_autoencoder."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def outputs(module, X, H, W, c, b):
    """The shapes of the parameters, and what comes out once they are W, c and b."""
    net = module.TiedAutoencoder(W.shape[1], W.shape[0]).to(W.dtype)
    with torch.no_grad():
        for p in net.parameters():
            values = [t for t in (W, c, b) if t.shape == p.shape] or [torch.linspace(-1, 1, p.numel())]
            p.copy_(values[0].reshape(p.shape))
    shapes = sorted(tuple(p.shape) for p in net.parameters())
    if W.shape not in shapes:
        return {"shapes": shapes}
    encoded, decoded, restored = net.encode(X), net.decode(H), net(X)
    return {
        "shapes": shapes, "encoded": encoded.detach(), "decoded": decoded.detach(), "restored": restored.detach(),
    }  # fmt: skip


@probe
def gradients(module, X, G, W, c, b):
    """The gradients of (net(X) * G).sum() for W, c and b; None where none arrives."""
    net = module.TiedAutoencoder(W.shape[1], W.shape[0]).double()
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(next(t for t in (W, c, b) if t.shape == p.shape))
    (net(X) * G).sum().backward()
    found = {tuple(p.shape): p.grad for p in net.parameters()}
    return [found[tuple(t.shape)] for t in (W, c, b)]


@probe
def changed(module, X, W, c, b):
    """What comes out after the network has changed its dtype, then its numbers: by copying, then by a step."""
    net = module.TiedAutoencoder(W.shape[1], W.shape[0])
    net(X)
    net.double()
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(next(t for t in (W, c, b) if t.shape == p.shape))
    copied = net(X.double()).detach()
    with torch.no_grad():
        for p in net.parameters():
            p.mul_(0.5)
    return copied, net(X.double()).detach()


@probe
def start(module, d, h):
    """What the weight of a new network is like. Memory that nobody initialises holds NaN."""
    torch.use_deterministic_algorithms(True)
    weight, other = (
        next(p.detach() for p in net.parameters() if p.shape == (h, d))
        for net in (module.TiedAutoencoder(d, h), module.TiedAutoencoder(d, h))
    )
    torch.use_deterministic_algorithms(False)
    if weight.isnan().any():
        return "never initialised"
    if weight.min() == weight.max():
        return "one number everywhere"
    if torch.equal(weight, other):
        return "the same numbers in every network"
    if len(weight.unique()) < 0.9 * weight.numel():  # two equal ones may happen by chance
        return "few numbers, again and again"
    # The bounds are wider than what is asked for, such that chance never decides.
    spread = weight.std()
    if weight.mean().abs() > 0.35 * spread:
        return "numbers whose mean is not 0"
    if spread > 3.5 / math.sqrt(d):
        return "numbers with too large a standard deviation"
    return "small random numbers" if spread > 0.0008 else "numbers with too small a standard deviation"


def restored(X, W, c, b):
    return torch.tanh(X @ W.T + c) @ W + b


@pytest.mark.weight(2)
def test_encode(submission, rng):
    """encode gives tanh(X W^T + c)."""
    X, H, W, c, b = rng.normal(4, 5), rng.normal(4, 2), rng.normal(2, 5, std=0.5), rng.normal(2), rng.normal(5)
    found = submission.run(outputs, X, H, W, c, b)
    assert (2, 5) in found["shapes"], f"no parameter has the shape (2, 5) of the weight; there are {found['shapes']}"
    assert_close(found["encoded"], torch.tanh(X @ W.T + c), what="result of encode")


@pytest.mark.weight(2)
@pytest.mark.needs("encode")
def test_decode(submission, rng):
    """There are three parameters, of shapes [h, d], [h] and [d], and decode gives H W + b."""
    X, H, W, c, b = rng.normal(4, 5), rng.normal(4, 2), rng.normal(2, 5), rng.normal(2), rng.normal(5)
    found = submission.run(outputs, X, H, W, c, b)
    assert_equal(found["shapes"], [(2,), (2, 5), (5,)], what="shapes of the parameters (h = 2, d = 5), sorted")
    assert_close(found["decoded"], H @ W + b, what="result of decode")


@pytest.mark.weight(2)
@pytest.mark.needs("decode")
def test_forward(submission, rng):
    """The network encodes, then decodes."""
    X, H, W, c, b = rng.normal(4, 5), rng.normal(4, 2), rng.normal(2, 5), rng.normal(2), rng.normal(5)
    assert_close(submission.run(outputs, X, H, W, c, b)["restored"], restored(X, W, c, b), what="result of forward")


@pytest.mark.weight(2)
@pytest.mark.needs("forward")
def test_gradient_of_both_uses(submission, rng):
    """The weight gets the sum of the gradients of its two uses; the biases get theirs."""
    sizes = [(4, 5), (4, 5), (2, 5), (2,), (5,)]
    X, G, W, c, b = (rng.normal(*size, dtype=torch.float64) for size in sizes)
    leaves = [t.clone().requires_grad_() for t in (W, c, b)]
    wanted = torch.autograd.grad((restored(X, *leaves) * G).sum(), leaves)
    found = submission.run(gradients, X, G, W, c, b)
    for name, mine, theirs in zip(("W", "c", "b"), found, wanted, strict=True):
        assert mine is not None, f"no gradient arrives at {name}"
        assert_close(mine, theirs, what=f"gradient of {name}")


@pytest.mark.needs("forward")
def test_stays_tied(submission, rng):
    """After double(), and after its numbers have changed, encoder and decoder still use the same weight."""
    X, W = rng.normal(4, 5), rng.normal(2, 5, dtype=torch.float64)
    c, b = rng.normal(2, dtype=torch.float64), rng.normal(5, dtype=torch.float64)
    copied, halved = submission.run(changed, X, W, c, b)
    assert_close(copied, restored(X.double(), W, c, b), what="result after double() and new numbers")
    assert_close(halved, restored(X.double(), W / 2, c / 2, b / 2), what="result after halving all parameters")


@pytest.mark.needs("forward")
def test_starts_at_small_random_numbers(submission):
    """The weight of a new network of 64 inputs consists of small random numbers around 0."""
    assert_equal(submission.run(start, 64, 32), "small random numbers", what="start of the weight")
