"""Hidden checks of ch05/relu_interpolator."""

import numpy as np
import pytest
import torch
from d2l_kit.checks import assert_close, assert_dtype, assert_raises


def drawn(network, x):
    W1, b1, W2, b2 = network
    return (x[:, None] * W1[:, 0] + b1).clamp(min=0) @ W2[0] + b2


def points(rng, n):
    xs = rng.uniform(n, low=0.1, high=3.0, dtype=torch.float64).cumsum(0) + rng.integers(-9, 9)
    return xs, rng.normal(n, dtype=torch.float64, mean=rng.integers(-9, 9), std=4.0)


@pytest.mark.weight(3)
@pytest.mark.needs("ten_points")
def test_any_points(submission, rng):
    """Two, three and more points anywhere are met, and the line between them and left of them."""
    for n in (2, 3, rng.integers(15, 30)):
        xs, ys = points(rng, n)
        network = submission.relu_interpolator(xs, ys)
        x = torch.cat([xs, torch.linspace(xs[0].item() - 4, xs[-1].item(), 200, dtype=torch.float64)])
        expected = torch.from_numpy(np.interp(x.numpy(), xs.numpy(), ys.numpy()))
        assert_close(drawn(network, x), expected, atol=1e-8, what="network's answer")
        assert network[1].shape[0] <= n - 1, "there are more hidden units than needed"


@pytest.mark.needs("a_roof")
def test_more_points_draw_a_sine(submission, rng):
    """Twice as many points come about four times as close to a sine."""
    shift, errors = rng.uniform(low=0.0, high=6.0).item(), []
    x = torch.linspace(0, 6, 2001, dtype=torch.float64)
    for n in (11, 21, 41):
        xs = torch.linspace(0, 6, n, dtype=torch.float64)
        network = submission.relu_interpolator(xs, torch.sin(xs + shift))
        errors.append((drawn(network, x) - torch.sin(x + shift)).abs().max().item())
    assert errors[0] < 0.05, "with 11 points the sine should be met to 0.05"
    assert all(3 < a / b < 5.5 for a, b in zip(errors, errors[1:], strict=False)), "the error should fall by about four"


@pytest.mark.needs("a_roof")
def test_dtype_is_kept(submission, rng):
    """float32 gives float32 weights, float64 float64 ones, and they draw the line."""
    for dtype in (torch.float32, torch.float64):
        xs, ys = (t.to(dtype) for t in points(rng, 4))
        network = submission.relu_interpolator(xs, ys)
        for name, tensor in zip(("W1", "b1", "W2", "b2"), network, strict=True):
            assert_dtype(tensor, dtype, what=name)
        assert_close(drawn(network, xs), ys, rtol=1e-3, atol=1e-3, what="network's answer")


@pytest.mark.needs("a_roof")
def test_refuses_a_single_height(submission, rng):
    """A single height, which would be stretched, and no points at all are a ValueError, as are falling places."""
    xs, ys = points(rng, 5)
    assert_raises(ValueError, submission.relu_interpolator, xs, ys[:1], mentions=("5", "1"))
    assert_raises(ValueError, submission.relu_interpolator, xs[:0], ys[:0])
    assert_raises(ValueError, submission.relu_interpolator, xs.flip(0), ys)
