"""Hidden checks of ch02/pairwise_distances."""

import pytest
import torch
from d2l_course.ch02_preliminaries.checks.test_pairwise_distances import by_loops
from d2l_kit.checks import assert_close, assert_dtype, assert_raises, assert_shape, probe


@probe
def of_transposed(module, A, B):
    return module.pairwise_sq_dists(A.t(), B.t())


@pytest.mark.weight(3)
@pytest.mark.needs("matches_loops")
def test_any_sizes_in_double_precision(submission, rng):
    """Any number of points and features, as many here as there, one feature: float64 in, float64 out."""
    size = rng.integers(2, 6)
    for n, m, d in [
        (size, size, size),
        (size, size, 3),
        (1, 7, 2),
        (6, 2, 1),
        (4, rng.integers(5, 9), rng.integers(2, 9)),
    ]:
        A = rng.normal(n, d, dtype=torch.float64, mean=-2.0, std=5.0)
        B = rng.normal(m, d, dtype=torch.float64)
        assert_close(submission.pairwise_sq_dists(A, B), by_loops(A, B), dtype=True)


@pytest.mark.needs("matches_loops")
def test_symmetric_for_one_set(submission, rng):
    """For one set of points the table is the same either way round, and not below zero anywhere."""
    A = rng.normal(rng.integers(20, 40), 12, mean=3.0)
    D = submission.pairwise_sq_dists(A, A)
    assert_close(D, by_loops(A, A), rtol=1e-3, atol=1e-3)
    assert_close(D, D.t(), rtol=1e-3, atol=1e-3, what="table (against its transpose)")
    assert D.min() >= 0, "a squared distance is negative"


@pytest.mark.needs("matches_loops")
def test_no_points(submission, rng):
    """Without points on one side the table is empty, and still has the other side's length and its dtype."""
    for n, m in [(0, 5), (4, 0)]:
        for dtype in (torch.float32, torch.float64):
            table = submission.pairwise_sq_dists(rng.normal(n, 3, dtype=dtype), rng.normal(m, 3, dtype=dtype))
            assert_shape(table, (n, m), what="table")
            assert_dtype(table, dtype, what="table")


@pytest.mark.needs("matches_loops")
def test_transposed_arguments(submission, rng):
    """Tensors that do not lie row by row in memory, such as a transpose, are understood."""
    A, B = rng.normal(3, 5), rng.normal(3, 4)
    assert_close(submission.run(of_transposed, A, B), by_loops(A.t(), B.t()), atol=1e-4)


@pytest.mark.needs("refuses_rows_of_other_lengths")
def test_one_feature_is_not_spread_over_many(submission, rng):
    """Rows of one number do not fit rows of several."""
    assert_raises(ValueError, submission.pairwise_sq_dists, rng.normal(4, 1), rng.normal(5, 3))
    assert_raises(ValueError, submission.pairwise_sq_dists, rng.normal(4, 3), rng.normal(5, 1))
