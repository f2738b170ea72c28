"""Hidden checks of row_softmax: other rows and blocks, rows in which one part is all that counts, other accesses."""

import math

import pytest
import torch
from d2l_course.ch13_performance.checks.test_cuda_row_softmax import assert_softmax, softmax


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_other_rows(submission, rng):
    """Other numbers of rows and columns, with each size of block."""
    for block in (32, 128, 256):
        assert_softmax(submission, 5 * rng.normal(rng.integers(1, 5), rng.integers(2, 400)), block)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_one_element_counts(submission, rng):
    """The largest number counts wherever it stands, in the last warp and in the last part of the row too."""
    n, block = 300 + rng.integers(1, 80), 128
    x = rng.normal(4, n)
    for row, place in enumerate((0, block - 1, 2 * block + rng.integers(0, 40), n - 1)):
        x[row, place] = 1e3
    x[0, 1:] = -math.inf
    assert_softmax(submission, x, block).assert_within("y")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_accesses_elsewhere(submission, rng):
    """Whatever the sizes: nothing outside is touched, no barrier is missing, and none is missed by a thread."""
    for block, n in ((128, rng.integers(33, 120)), (256, rng.integers(257, 500))):
        run = softmax(submission, torch.relu(rng.normal(2, n)), block)
        run.assert_clean("outside", "unwritten", "race", "diverged")
