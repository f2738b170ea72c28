"""Public checks of vector_add: sums, sizes around the block, memory, launches, legality, errors."""

import pytest
import torch
from d2l_kit.checks import assert_dtype, assert_equal, assert_raises, assert_shape, kernels, probe


def test_one_whole_block(submission, rng):
    """Eight numbers, one block of eight."""
    x, y = rng.integers(-9, 10, 8), rng.integers(1, 10, 8)
    assert_equal(kernels.launch(submission, "vector_add", x, y, BLOCK=8).result, x + y)


@pytest.mark.weight(2)
def test_any_size(submission, rng):
    """Every element is added, whether the last block is full or not."""
    for n in (32, 1, 15, 17, 100):
        x, y = rng.normal(n), rng.normal(n)
        assert_equal(kernels.launch(submission, "vector_add", x, y, BLOCK=16).result, x + y)


def test_two_axes(submission, rng):
    """A matrix is added as the vector that its elements make in memory."""
    x, y = rng.normal(7, 9), rng.normal(7, 9)
    assert_equal(kernels.launch(submission, "vector_add", x, y, BLOCK=32).result, x + y)


def test_every_dtype(submission, rng):
    """Each dtype is added in its own precision, and comes back."""
    for dtype in (torch.float16, torch.float32, torch.float64, torch.int32, torch.int64):
        x, y = (rng.uniform(20, low=1000.0, high=2000.0, dtype=torch.float64).to(dtype) for _ in range(2))
        run = kernels.launch(submission, "vector_add", x, y, BLOCK=16)
        assert_dtype(run.result, dtype)
        assert_equal(run.result, x + y)


@pytest.mark.needs("one_whole_block")
def test_memory_around(submission, rng):
    """The arguments and all that lies around them and around the sum stay as they are."""
    x, y = rng.normal(21), rng.normal(21)
    run = kernels.launch(submission, "vector_add", x, y, BLOCK=16)
    kernels.assert_guards(run)


@pytest.mark.observed
@pytest.mark.needs("one_whole_block")
def test_own_elements(submission, rng):
    """The kernel touches elements of its tensors only, and no element twice."""
    x, y = rng.normal(21), rng.normal(21)
    kernels.assert_clean(kernels.launch(submission, "vector_add", x, y, BLOCK=16))


@pytest.mark.observed
@pytest.mark.needs("one_whole_block")
def test_kernel_adds(submission, rng):
    """One launch does it, and torch adds nothing."""
    run = kernels.launch(submission, "vector_add", rng.normal(40), rng.normal(40), BLOCK=16)
    kernels.assert_no_arithmetic(run)
    kernels.assert_one_launch(run)


@pytest.mark.observed
@pytest.mark.needs("one_whole_block")
def test_compiles(submission, compiler, rng):
    """The kernel compiles for an A100."""
    run = kernels.launch(submission, "vector_add", rng.normal(64), rng.normal(64), BLOCK=64)
    kernels.assert_compiles(compiler, run, arch=80)


@pytest.mark.observed
@pytest.mark.needs("one_whole_block")
def test_nothing_to_add(submission):
    """Without elements the sum is empty, and nothing is launched."""
    run = kernels.launch(submission, "vector_add", torch.empty(0, 3), torch.empty(0, 3))
    assert_shape(run.result, (0, 3))
    kernels.assert_no_launch(run)


@pytest.mark.needs("one_whole_block")
def test_shapes_that_differ(submission, rng):
    """Tensors of two shapes are refused, also where torch would broadcast."""
    for shape in ((5,), (1,), (4, 1)):
        mentions = (str((4,)), str(shape))
        assert_raises(
            ValueError, kernels.launch, submission, "vector_add", rng.normal(4), rng.normal(*shape), mentions=mentions
        )


@pytest.mark.needs("one_whole_block")
def test_dtypes_that_differ(submission, rng):
    """Tensors of two dtypes are refused."""
    x = rng.normal(4)
    assert_raises(ValueError, submission.vector_add, x, x.double(), mentions=("float32", "float64"))


@probe
def add_on_two_devices(module):
    """Sum of a tensor in memory and one that has no memory at all."""
    return module.vector_add(torch.ones(4), torch.ones(4, device="meta"))


@pytest.mark.needs("one_whole_block")
def test_devices_that_differ(submission):
    """Tensors on two devices are refused."""
    assert_raises(ValueError, submission.run, add_on_two_devices, mentions=("cpu", "meta"))


@pytest.mark.needs("one_whole_block")
def test_odd_blocks(submission, rng):
    """A block that is no power of two is refused."""
    for block in (24, 3, 0, -4):
        assert_raises(
            ValueError, submission.vector_add, rng.normal(4), rng.normal(4), BLOCK=block, mentions=(str(block),)
        )
