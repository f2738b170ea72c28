"""Hidden checks of fused_softmax: other shapes, the widest row, the order of programs, memory."""

import pytest
import torch
from d2l_kit.checks import assert_close, kernels


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_other_shapes(submission, rng):
    """Other numbers of rows and columns, some of the numbers large."""
    for _ in range(3):
        x = 30 * rng.normal(rng.integers(1, 6), rng.integers(2, 40))
        run = kernels.launch(submission, "fused_softmax", x)
        assert_close(run.result, torch.softmax(x.double(), 1).float())


@pytest.mark.needs("worked_example")
def test_widest_row(submission, rng):
    """A row of 4096 elements, and one of nearly as many."""
    for columns in (4096, 4096 - rng.integers(1, 90)):
        x = rng.normal(2, columns)
        run = kernels.launch(submission, "fused_softmax", x)
        assert_close(run.result, torch.softmax(x.double(), 1).float(), atol=1e-8)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_gaps_and_logarithm(submission, rng):
    """The logarithm of rows with gaps between them, in float32 and float16."""
    x = 5 * rng.normal(4, rng.integers(5, 12))
    for values, tolerance in ((x, 1e-5), (x.half(), 2e-3)):
        run = kernels.launch(
            submission, "fused_softmax", kernels.guarded(values, stride=(16 + rng.integers(0, 4), 1)), log=True
        )
        assert_close(run.result.double(), torch.log_softmax(values.double(), 1), rtol=tolerance, atol=tolerance)


@pytest.mark.observed
@pytest.mark.needs("worked_example")
def test_own_elements_elsewhere(submission, rng):
    """Whatever the shape, the kernel touches elements of its tensors only."""
    for rows, columns in ((1, 1), (5, rng.integers(17, 32))):
        kernels.assert_clean(kernels.launch(submission, "fused_softmax", rng.normal(rows, columns)))
