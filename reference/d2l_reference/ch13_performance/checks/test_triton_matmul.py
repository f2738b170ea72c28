"""Hidden checks of matmul: other shapes and strides, long sums, the order of programs."""

import pytest
import torch
from d2l_course.ch13_performance.checks.test_triton_matmul import operands
from d2l_kit.checks import assert_close, assert_shape, kernels


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_other_shapes(submission, rng):
    """Other sizes and strides, with everything that follows the product."""
    for _ in range(2):
        m, k, n = rng.integers(2, 48), rng.integers(2, 64), rng.integers(2, 48)
        a, b, product = operands(rng, m, k, n)
        bias = 3 * rng.normal(n)
        sent = kernels.guarded(a, stride=(1, m + rng.integers(1, 5))), kernels.guarded(b, stride=(n + 7, 1))
        run = kernels.launch(submission, "matmul", *sent, bias, "relu")
        assert_close(run.result, torch.relu(product + bias).float(), rtol=1e-4, atol=1e-4)


@pytest.mark.weight(2)
@pytest.mark.needs("half_precision")
def test_long_sums(submission, rng):
    """float16 with a thousand products for each sum, most of which the bias takes away again."""
    a, b = rng.uniform(16, 1024, low=0.5, high=1.5).half(), rng.uniform(1024, 16, low=0.5, high=1.5).half()
    bias = torch.full((16,), -1024.0).half()
    run = kernels.launch(submission, "matmul", a, b, bias, BLOCK_K=128)
    assert_close(run.result.double(), a.double() @ b.double() + bias, rtol=1e-3, atol=2e-2)


@pytest.mark.needs("any_size")
def test_any_order(submission, rng):
    """The programs of the launch may run in any order."""
    a, b, _product = operands(rng, rng.integers(33, 60), 40, rng.integers(5, 30))
    bias = 5 * rng.normal(b.shape[1])
    kernels.assert_same_for_all_orders(submission, "matmul", a, b, bias, "relu", rtol=1e-6, atol=1e-6)


@pytest.mark.observed
@pytest.mark.needs("any_size")
def test_own_elements_elsewhere(submission, rng):
    """Whatever the shape and the strides, the kernel touches elements of its tensors only."""
    for m, k, n in ((1, 1, 1), (rng.integers(17, 32), rng.integers(33, 48), rng.integers(17, 32))):
        a, b, _product = operands(rng, m, k, n)
        sent = kernels.guarded(a, stride=(2, 2 * m + 1)), kernels.guarded(b, stride=(3 * n + 2, 3))
        kernels.assert_clean(kernels.launch(submission, "matmul", *sent, rng.normal(n)))


@pytest.mark.needs("worked_example")
def test_nothing_at_all(submission):
    """Without rows or columns the result is empty."""
    for m, n in ((0, 3), (4, 0)):
        run = kernels.launch(submission, "matmul", torch.ones(m, 5), torch.ones(5, n), torch.ones(n))
        assert_shape(run.result, (m, n))
