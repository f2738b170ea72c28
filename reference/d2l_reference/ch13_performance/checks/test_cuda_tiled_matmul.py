"""Hidden checks of tiled_matmul: other sizes, long sums, accesses at other edges."""

import pytest
from d2l_course.ch13_performance.checks.test_cuda_tiled_matmul import assert_product, multiply


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_other_sizes(submission, rng):
    """Other sizes, with more blocks along one side than along the other."""
    M, N, K = rng.integers(33, 47), rng.integers(1, 15), rng.integers(17, 47)
    assert_product(submission, 10 * rng.normal(M, K), rng.normal(K, N))
    assert_product(submission, rng.normal(64, 80), rng.normal(80, 48))


@pytest.mark.weight(1)
@pytest.mark.needs("worked_example")
def test_memory_around_elsewhere(submission, rng):
    """Whatever the sizes, the kernel writes to C and nowhere else."""
    M, N, K = rng.integers(1, 16), rng.integers(17, 31), rng.integers(1, 31)
    assert_product(submission, rng.normal(M, K), rng.normal(K, N)).assert_within("C")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_accesses_elsewhere(submission, rng):
    """Whatever the sizes: nothing outside is touched, no barrier is missing, and none is missed by a thread."""
    M, N, K = rng.integers(1, 15), rng.integers(17, 31), rng.integers(33, 47)
    run = multiply(submission, rng.normal(M, K), rng.normal(K, N))
    run.assert_clean("outside", "unwritten", "race", "diverged")
