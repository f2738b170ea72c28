"""Hidden checks of ch06/tied_autoencoder."""

import pytest
import torch
from d2l_course.ch06_builders.checks.test_tied_autoencoder import restored, start
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def everything(module, X, G, W, c, b):
    """Shapes, outputs for X that is stored by columns, and gradients."""
    net = module.TiedAutoencoder(num_inputs=W.shape[1], num_hiddens=W.shape[0]).double()
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(next(t for t in (W, c, b) if t.shape == p.shape))
    X = X.T.contiguous().T
    before = X.clone()
    Y = net(X)
    (Y * G).sum().backward()
    found = {tuple(p.shape): p.grad for p in net.parameters()}
    return {
        "shapes": sorted(found), "H": net.encode(X).detach(), "Y": Y.detach(), "same": torch.equal(X, before),
        "gradients": [found[tuple(t.shape)] for t in (W, c, b)],
    }  # fmt: skip


@probe
def copies(module, X):
    """A deep copy and a network that loaded the state, after both and the original have gone their own ways."""
    import copy

    original = module.TiedAutoencoder(X.shape[1], 2)
    with torch.no_grad():
        for p in original.parameters():
            p.add_(0.3 * torch.randn_like(p))
    original(X)
    deep = copy.deepcopy(original)
    loaded = module.TiedAutoencoder(X.shape[1], 2)
    loaded.load_state_dict(original.state_dict())
    found = []
    for factor, net in ((1.0, loaded), (0.5, deep), (2.0, original)):
        with torch.no_grad():
            for p in net.parameters():
                p.mul_(factor)
    for net in (loaded, deep, original):
        (net(X) ** 2).sum().backward()
        state = {tuple(p.shape): p.detach() for p in net.parameters()}
        found.append([state[2, X.shape[1]], state[(2,)], state[(X.shape[1],)], net(X).detach()])
    return found


@probe
def trained(module, X, steps):
    """What comes out for X after training on it. Memory that nobody initialises holds NaN."""
    torch.use_deterministic_algorithms(True)
    net = module.TiedAutoencoder(X.shape[1], 2)
    torch.use_deterministic_algorithms(False)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        ((net(X) - X) ** 2).mean().backward()
        optimizer.step()
    return net(X).detach()


@pytest.mark.weight(3)
@pytest.mark.needs("gradient_of_both_uses")
def test_any_size(submission, rng):
    """Any numbers of inputs and hidden numbers, batches of one, tensors that lie in memory in another order."""
    for n, d, h in [(1, 3, 7), (rng.integers(2, 6), 4, 3), (6, rng.integers(8, 12), rng.integers(2, 7))]:
        sizes = [(n, d), (n, d), (h, d), (h,), (d,)]
        X, G, W, c, b = (rng.normal(*size, dtype=torch.float64) for size in sizes)
        found = submission.run(everything, X, G, W, c, b)
        assert_equal(found["shapes"], sorted([(h, d), (h,), (d,)]), what="shapes of the parameters")
        assert_close(found["H"], torch.tanh(X @ W.T + c), what="result of encode")
        assert_close(found["Y"], restored(X, W, c, b), what="result of forward")
        assert_equal(found["same"], True, what="X is as before the call")
        leaves = [t.clone().requires_grad_() for t in (W, c, b)]
        wanted = torch.autograd.grad((restored(X, *leaves) * G).sum(), leaves)
        assert_close(found["gradients"], list(wanted), what="gradients of W, c and b")


@pytest.mark.weight(2)
@pytest.mark.needs("stays_tied")
def test_copies_are_tied(submission, rng):
    """Deep copies, and networks that have loaded a state, have a tied weight of their own."""
    X = rng.normal(6, 5)
    weights = []
    for name, (W, c, b, Y) in zip(("loaded", "copied", "original"), submission.run(copies, X), strict=True):
        assert_close(Y, restored(X, W, c, b), what=f"result of the {name} network")
        weights.append(W)
    assert_close(
        [weights[1] * 2, weights[2] / 2], [weights[0]] * 2, what="weights of the copied and the original network"
    )


@pytest.mark.needs("starts_at_small_random_numbers")
def test_starts_alike_in_any_size(submission):
    """Networks with fewer hidden numbers than inputs, and with more, start at small random numbers, too."""
    for d, h in ((100, 8), (12, 40)):
        found = submission.run(start, d, h)
        assert_equal(found, "small random numbers", what=f"start of the weight (d = {d}, h = {h})")


@pytest.mark.weight(2)
@pytest.mark.needs("forward")
def test_learns(submission, rng):
    """Five hundred steps of training on vectors that lie in a plane restore some of what tells them apart."""
    X = 0.4 * rng.normal(64, 2) @ rng.normal(2, 8) + 0.5 * rng.normal(8)
    error = float(((submission.run(trained, X, 500) - X) ** 2).mean() / X.var(0, correction=0).mean())
    assert error < 0.8, f"the error should be below 80 % of the vectors' variance after training; it is {error:.0%}"
