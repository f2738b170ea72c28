"""Hidden checks of ch05/manual_backprop."""

import pytest
import torch
from d2l_course.ch05_mlp.checks.test_manual_backprop import by_autograd
from d2l_kit.checks import assert_close


def case(rng, n, d, h, c, dtype=torch.float64):
    shapes = {"W1": (d, h), "b1": (h,), "W2": (h, c), "b2": (c,)}
    params = {name: rng.normal(*shape, dtype=dtype) for name, shape in shapes.items()}
    return params, rng.normal(n, d, dtype=dtype), rng.integers(0, c, n)


@pytest.mark.weight(4)
@pytest.mark.needs("gradients")
def test_any_size(submission, rng):
    """All sizes alike, a single row, a single hidden unit, a single input, and random sizes; any penalty."""
    sizes = [(4, 4, 4, 4), (1, 3, 6, 2), (5, 2, 1, 3), (4, 1, 5, 3), tuple(rng.integers(2, 9) for _ in range(4))]
    for (n, d, h, c), lambd in zip(sizes, (0.0, 0.1, 0.5, 0.3, 2.0), strict=True):
        params, X, y = case(rng, n, d, h, c)
        found = submission.loss_and_grads(params, X, y, lambd)
        # trivial: a single hidden unit may be dead for every row, and its gradients right to be zero.
        assert_close(found, by_autograd(params, X, y, lambd), rtol=1e-8, what="(loss, gradients)", trivial=True)


@pytest.mark.needs("gradients")
def test_large_logits(submission, rng):
    """Logits in the thousands neither overflow nor give NaN."""
    params, X, y = case(rng, 6, 3, 5, 4)
    params["W2"] = 2000 * params["W2"]
    found = submission.loss_and_grads(params, X, y, 0.0)
    assert_close(found, by_autograd(params, X, y, 0.0), what="(loss, gradients)", trivial=True)


@pytest.mark.needs("gradients")
def test_a_step_downhill(submission, rng):
    """A small step against the gradients lowers the loss by what they promise; float32 stays float32."""
    params, X, y = case(rng, 20, 4, 8, 3, torch.float32)
    loss, grads = submission.loss_and_grads(params, X, y, 0.2)
    assert_close((loss, grads), by_autograd(params, X, y, 0.2), dtype=True, what="(loss, gradients)")
    squares = sum((g.double() ** 2).sum() for g in grads.values())
    step = 1e-3 / squares.sqrt()
    moved = {name: p.double() - step * grads[name].double() for name, p in params.items()}
    lower, _ = by_autograd(moved, X.double(), y, 0.2)
    start, _ = by_autograd({name: p.double() for name, p in params.items()}, X.double(), y, 0.2)
    assert_close(start - lower, step * squares, rtol=0.1, what="what the step gains")
