"""Hidden checks of ch06/custom_layers."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def centred(module, X, dim, cotangent):
    """The output, and the gradient of its weighted sum."""
    X = X.clone().requires_grad_()
    Y = module.CenteredLayer(dim)(X)
    gradient = torch.autograd.grad((Y * cotangent).sum(), X)[0] if Y.requires_grad else None
    return Y.detach(), gradient


@probe
def centred_strided(module, X):
    """Without a dim, and an input that is a transposed view."""
    return module.CenteredLayer()(X.transpose(0, -1))


@probe
def quadratic(module, X, W, b):
    """In double precision: the output, its sum's gradient for X, and X afterwards."""
    layer = module.QuadraticLayer(W.shape[1], W.shape[0]).double()
    layer.load_state_dict({"weight": W, "bias": b})
    leaf = X.clone().requires_grad_()
    Z = leaf + 0
    Y = layer(Z)
    gradient = torch.autograd.grad(Y.sum(), leaf, allow_unused=True)[0] if Y.requires_grad else None
    return {"Y": Y.detach(), "gradient": gradient, "X": Z.detach()}


@probe
def two_layers(module, X):
    """Whether two new layers are different, and what is left of the first's output at a weight of 0."""
    first, second = module.QuadraticLayer(3, 2), module.QuadraticLayer(3, 2)
    apart = not torch.equal(first.weight, second.weight)
    before = second(X).detach()
    with torch.no_grad():
        first.weight.zero_()
        first.bias.fill_(2.0)
    return {"apart": apart, "first": first(X).detach(), "change": second(X).detach() - before}


@pytest.mark.weight(3)
@pytest.mark.needs("centres_rows")
def test_centring_of_more_axes(submission, rng):
    """Inputs of one to four axes, axes that count from the end, and several axes at once."""
    cases = [
        ((6,), -1),
        ((3, 5), -2),
        ((2, 3, 4), 1),
        ((2, 3, 4), (0, 2)),
        ((2, 3, 2, 4), (-1, -2)),
        ((3, 2, 4), (1,)),
    ]
    for shape, dim in cases:
        X = rng.normal(*shape, dtype=torch.float64, mean=1.0, std=3.0)
        cotangent = rng.normal(*shape, dtype=torch.float64, mean=1.0)
        Y, gradient = submission.run(centred, X, dim, cotangent)
        assert_close(Y, X - X.mean(dim, keepdim=True), dtype=True, what="output")
        assert gradient is not None, "no gradient reached the input"
        assert_close(gradient, cotangent - cotangent.mean(dim, keepdim=True), what="gradient for the input")
    X = rng.normal(3, 2, 4)
    expected = (X - X.mean(0, keepdim=True)).transpose(0, 2)
    assert_close(submission.run(centred_strided, X), expected, what="output of CenteredLayer() for a view")


@pytest.mark.weight(3)
@pytest.mark.needs("quadratic_worked_example")
def test_quadratic_forms(submission, rng):
    """Outputs and gradients for the input agree for several sizes, in double precision; the input is left as it is."""
    for n_in, n_out in ((3, 2), (4, 4), (1, 3), (5, 1)):
        W = rng.normal(n_out, n_in, n_in, dtype=torch.float64)
        b = rng.normal(n_out, dtype=torch.float64)
        for leading in ((), (1,), (n_out,), (3, 2), (2, 1, 4)):
            X = rng.normal(*leading, n_in, dtype=torch.float64)
            outer = X[..., :, None] * X[..., None, :]
            found = submission.run(quadratic, X, W, b)
            assert_close(found["Y"], (outer[..., None, :, :] * W).sum((-2, -1)) + b, dtype=True, what="output")
            assert found["gradient"] is not None, "no gradient reached the input"
            assert_close(found["gradient"], X @ (W + W.mT).sum(0), what="gradient of the outputs' sum for the input")
            assert_close(found["X"], X, what="input after the call")


@pytest.mark.needs("quadratic_worked_example")
def test_layers_have_their_own_parameters(submission, rng):
    """Two layers start differently and share nothing."""
    found = submission.run(two_layers, rng.normal(4, 3))
    assert_equal(found["apart"], True, what="weights of two new layers, different?")
    assert_close(found["first"], torch.full((4, 2), 2.0), what="output with a weight of 0 and a bias of 2")
    assert_close(found["change"], torch.zeros(4, 2), trivial=True, what="change of the second layer's output")
