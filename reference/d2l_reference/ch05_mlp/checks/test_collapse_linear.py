"""Hidden checks of ch05/collapse_linear."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_raises


def layers_of(rng, sizes, dtype=torch.float64):
    pairs = zip(sizes, sizes[1:], strict=False)
    return [(rng.normal(o, i, dtype=dtype), rng.normal(o, dtype=dtype)) for i, o in pairs]


def composed(layers):
    d = layers[0][0].shape[1]
    rows = torch.cat([torch.zeros(1, d, dtype=torch.float64), torch.eye(d, dtype=torch.float64)])
    for W, b in layers:
        rows = rows @ W.double().T + b.double()
    dtype = layers[0][0].dtype
    return (rows[1:] - rows[0]).T.to(dtype), rows[0].to(dtype)


@pytest.mark.weight(3)
@pytest.mark.needs("same_as_the_layers_one_after_the_other")
def test_any_depth(submission, rng):
    """Two to six layers of any sizes, also with a single number in the middle, collapse into one."""
    for sizes in [(5, 1, 4), (1, 3, 1, 2), tuple(rng.integers(1, 8) for _ in range(rng.integers(5, 8)))]:
        layers = layers_of(rng, sizes)
        assert_close(submission.collapse_linear(layers), composed(layers), rtol=1e-8, atol=1e-8, what="(W, b)")


@pytest.mark.needs("same_as_the_layers_one_after_the_other")
def test_dtype_is_kept(submission, rng):
    """float32 stays float32, float64 stays float64."""
    for dtype in (torch.float32, torch.float64):
        layers = layers_of(rng, (3, 4, 2), dtype)
        assert_close(submission.collapse_linear(layers), composed(layers), dtype=True, atol=1e-5, what="(W, b)")


@pytest.mark.needs("worked_by_hand")
def test_refuses_a_single_input(submission, rng):
    """A layer with one input after one with several outputs does not fit, although torch might stretch it."""
    (first,), (second,) = layers_of(rng, (2, 6)), layers_of(rng, (1, 3))
    assert_raises(ValueError, submission.collapse_linear, [first, second], mentions=("6", "1"))
