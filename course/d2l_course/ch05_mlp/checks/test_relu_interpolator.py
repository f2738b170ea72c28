"""Public checks of ch05/relu_interpolator."""

import numpy as np
import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape, assert_unchanged


def drawn(network, x):
    """What the network answers at the places x; its shapes are looked at first."""
    assert_equal(len(network) if isinstance(network, tuple | list) else 0, 4, what="number of tensors returned")
    W1, b1, W2, b2 = network
    assert isinstance(b1, torch.Tensor) and b1.dim() == 1, "b1 should be a tensor of shape [h]"
    h = b1.shape[0]
    for name, tensor, shape in [("W1", W1, (h, 1)), ("W2", W2, (1, h)), ("b2", b2, (1,))]:
        assert_shape(tensor, shape, what=name)
    # Column by column: what the weights are made of must not matter to the kit's own arithmetic.
    hidden = (x[:, None] * W1[:, 0] + b1).clamp(min=0)
    return hidden @ W2[0] + b2


def interpolated(xs, ys, x):
    return torch.from_numpy(np.interp(x.numpy(), xs.numpy(), ys.numpy()))


def test_two_points(submission):
    """From (0, 1) to (2, 5) the network climbs 2 for each step; left of 0 it stays at 1."""
    network = submission.relu_interpolator(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 5.0]))
    x = torch.tensor([-3.0, 0.0, 0.5, 1.0, 2.0])
    assert_close(drawn(network, x), torch.tensor([1.0, 1.0, 2.0, 3.0, 5.0]), what="network's answer")


@pytest.mark.weight(2)
@pytest.mark.needs("two_points")
def test_a_roof(submission):
    """Through (1, 2), (3, 8) and (4, 5) the line climbs by 3, then falls by 3."""
    network = submission.relu_interpolator(torch.tensor([1.0, 3.0, 4.0]), torch.tensor([2.0, 8.0, 5.0]))
    x = torch.tensor([-2.0, 1.0, 2.0, 3.0, 3.5, 4.0])
    assert_close(drawn(network, x), torch.tensor([2.0, 2.0, 5.0, 8.0, 6.5, 5.0]), what="network's answer")


@pytest.mark.weight(3)
@pytest.mark.needs("a_roof")
def test_ten_points(submission, rng):
    """Ten points at uneven distances: right at them, between them and left of them, with at most 9 hidden units."""
    xs = rng.uniform(10, low=0.2, high=2.0, dtype=torch.float64).cumsum(0) - 5
    ys = rng.normal(10, dtype=torch.float64, std=3.0)
    network = submission.relu_interpolator(xs, ys)
    x = torch.cat([xs, torch.linspace(-9.0, xs[-1].item(), 200, dtype=torch.float64)])
    assert_close(drawn(network, x), interpolated(xs, ys, x), atol=1e-8, what="network's answer")
    assert network[1].shape[0] <= 9, f"ten points need 9 hidden units, not {network[1].shape[0]}"


@pytest.mark.needs("a_roof")
def test_points_are_left_alone(submission):
    """The points are the same after the call, and the weights have memory of their own."""
    assert_unchanged(submission, "relu_interpolator", torch.tensor([1.0, 3.0, 4.0]), torch.tensor([2.0, 8.0, 5.0]))


@pytest.mark.needs("a_roof")
def test_refuses_points_without_a_line(submission):
    """One point, places that do not strictly increase, and lists of different lengths are a ValueError."""
    one, two, three = torch.tensor([0.0]), torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0, 2.0])
    assert_raises(ValueError, submission.relu_interpolator, one, one)
    assert_raises(ValueError, submission.relu_interpolator, torch.tensor([0.0, 2.0, 1.0]), three)
    assert_raises(ValueError, submission.relu_interpolator, torch.tensor([0.0, 1.0, 1.0]), three)
    assert_raises(ValueError, submission.relu_interpolator, three, two, mentions=("3", "2"))
