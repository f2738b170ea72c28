"""Hidden checks of vector_add: other sizes and blocks, memory."""

import pytest
from d2l_kit.checks import assert_equal, kernels


@pytest.mark.weight(2)
@pytest.mark.needs("one_whole_block")
def test_other_sizes(submission, rng):
    """Sizes around multiples of several blocks, and the default block."""
    for block in (1, 2, 32, 128):
        n = block * rng.integers(2, 5) + rng.integers(-1, 2)
        x, y = rng.normal(n), rng.normal(n)
        assert_equal(kernels.launch(submission, "vector_add", x, y, BLOCK=block).result, x + y)
    x, y = rng.normal(3, 5, 67), rng.normal(3, 5, 67)
    assert_equal(kernels.launch(submission, "vector_add", x, y).result, x + y)


@pytest.mark.needs("one_whole_block")
def test_memory_at_other_sizes(submission, rng):
    """Whatever the size, nothing around the tensors is touched."""
    for n in (1, 16 * rng.integers(1, 4) + rng.integers(1, 16)):
        kernels.assert_guards(kernels.launch(submission, "vector_add", rng.normal(n), rng.normal(n), BLOCK=16))


@pytest.mark.observed
@pytest.mark.needs("one_whole_block")
def test_own_elements_at_other_sizes(submission, rng):
    """Whatever the size, the kernel touches elements of its tensors only."""
    for n in (1, 16 * rng.integers(1, 4) + rng.integers(1, 16)):
        kernels.assert_clean(kernels.launch(submission, "vector_add", rng.normal(n), rng.normal(n), BLOCK=16))
