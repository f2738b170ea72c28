"""Hidden checks of ch04/cross_entropy."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_gradients, assert_raises
from torch.nn import functional as F


@pytest.mark.weight(3)
@pytest.mark.needs("worked_by_hand")
def test_any_shape(submission, rng):
    """One row, one class, many of both, and float64, which stays float64; each with all reductions."""
    for n, classes in [(1, 4), (2, 2), (50, 10), (rng.integers(3, 9), rng.integers(11, 20))]:
        for dtype in (torch.float32, torch.float64):
            logits, y = rng.normal(n, classes, dtype=dtype, std=4.0), rng.integers(0, classes, n)
            for reduction in ("none", "mean", "sum"):
                expected = F.cross_entropy(logits, y, reduction=reduction)
                assert_close(submission.cross_entropy(logits, y, reduction), expected, dtype=True, what="loss")
    assert_close(submission.cross_entropy(rng.normal(3, 1), torch.zeros(3).long()), torch.tensor(0.0), trivial=True)


@pytest.mark.weight(2)
@pytest.mark.needs("unlikely_labels")
def test_logits_of_any_size(submission, rng):
    """Logits of 10000 and -10000, in one row and in neighbouring rows, give finite losses."""
    logits = torch.tensor([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4], [0.0, 1.0, 2.0]])
    expected = torch.tensor([2e4, math.log(3), math.log(3), math.log(1 + math.e + math.e**2)])
    found = submission.cross_entropy(logits, torch.tensor([1, 0, 2, 0]), "none")
    assert_close(found, expected, atol=2e-3, what="losses")
    zeros = torch.zeros(7, 5)
    assert_close(submission.cross_entropy(zeros, rng.integers(0, 5, 7)), torch.tensor(math.log(5)), what="loss")


@pytest.mark.weight(2)
@pytest.mark.needs("gradient", "unlikely_labels")
def test_gradient_of_large_logits(submission, rng):
    """The gradient stays finite and right for large logits, for every reduction."""
    logits, y = rng.normal(6, 4, dtype=torch.float64), rng.integers(0, 4, 6)
    logits[0, 1], logits[1, 2], logits[2] = 1e4, -1e4, logits[2] - 1e4
    for reduction in ("none", "mean", "sum"):
        arguments = (logits, y, reduction)
        assert_gradients(submission, "cross_entropy", arguments, lambda a, b, c: F.cross_entropy(a, b, reduction=c))


@pytest.mark.needs("refuses_a_column_of_labels")
def test_refuses_other_shapes(submission, rng):
    """Too few labels, a single label for all rows, and logits with a third axis are ValueErrors."""
    for n in (1, 3, 5):
        assert_raises(ValueError, submission.cross_entropy, rng.normal(4, 3), rng.integers(0, 3, n))
    assert_raises(ValueError, submission.cross_entropy, rng.normal(4, 3, 2), rng.integers(0, 2, 4))
