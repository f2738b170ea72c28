"""Hidden checks of layer_norm: other shapes, both ways; the order of programs; many rows."""

import pytest
import torch
from d2l_kit.checks import assert_close, kernels


def case(rng, rows, n):
    """Arguments and a gradient, the truth in float64."""
    args = rng.normal(rows, n) + 2, rng.uniform(n, low=0.5, high=1.5), rng.normal(n)
    dy = rng.normal(rows, n)
    leaves = [each.double().requires_grad_() for each in args]
    y = torch.nn.functional.layer_norm(leaves[0], (n,), leaves[1], leaves[2])
    return args, dy, y.detach().float(), [g.float() for g in torch.autograd.grad((y * dy).sum(), leaves)]


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_other_shapes(submission, rng):
    """Other numbers of rows and columns, forward and backward."""
    # Two numbers become -1 and 1 whatever they are, so that no gradient reaches them.
    for rows, n in ((1, rng.integers(3, 9)), (rng.integers(13, 20), rng.integers(10, 40))):
        args, dy, y, grads = case(rng, rows, n)
        run = kernels.launch(submission, "layer_norm", *args, cotangent=dy, wrt=(0, 1, 2))
        assert_close(run.result, y, rtol=1e-3, atol=1e-4)
        assert_close(run.gradients, grads, what="gradients", rtol=1e-3, atol=1e-4)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_any_order(submission, rng):
    """The programs of each launch may run in any order."""
    args, dy, _y, grads = case(rng, rng.integers(9, 12), rng.integers(5, 9))
    for order in kernels.ORDERS:
        run = kernels.launch(submission, "layer_norm", *args, order=order, cotangent=dy, wrt=(0, 1, 2))
        assert_close(run.gradients, grads, what="gradients", rtol=1e-3, atol=1e-4)


@pytest.mark.observed
@pytest.mark.needs("worked_example")
def test_rows_of_the_last_group(submission, rng):
    """Whatever the number of rows, no kernel leaves its tensors."""
    for rows in (1, rng.integers(9, 16), 33):
        args, dy, _y, _grads = case(rng, rows, 5)
        kernels.assert_clean(kernels.launch(submission, "layer_norm", *args, cotangent=dy, wrt=(0, 1, 2)))
