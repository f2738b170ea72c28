"""Public checks of row_softmax: rows shorter and longer than the block, large numbers, barriers, shared work, edges."""

import math

import pytest
import torch
from d2l_kit.checks import cuda

WARP = 32


def softmax(submission, x, block):
    """Launch the kernel on a y that holds nothing yet."""
    given = {"x": x, "y": torch.full_like(x, float("nan")), "n": x.shape[1]}
    return cuda.launch(submission, "row_softmax", given, grid=(x.shape[0],), block=(block,))


def assert_softmax(submission, x, block):
    """The result is torch's, whatever the order of the threads."""
    run = softmax(submission, x, block)
    run.assert_close("y", torch.softmax(x.double(), 1).float(), rtol=1e-4, atol=1e-7)
    return run


def test_worked_example(submission):
    """A row of 0, log 2, log 5, log 8 gives sixteenths."""
    x = torch.tensor([[1.0, 2.0, 5.0, 8.0]]).log()
    softmax(submission, x, WARP).assert_close("y", torch.tensor([[0.0625, 0.125, 0.3125, 0.5]]))


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_one_warp(submission, rng):
    """A block of one warp: rows of one element, and longer than the warp."""
    for rows, n in ((2, 1), (3, 77)):
        assert_softmax(submission, 3 * rng.normal(rows, n), WARP)


@pytest.mark.weight(3)
def test_several_warps(submission, rng):
    """Blocks of four and of eight warps: rows shorter than the block, and longer."""
    for rows, n, block in ((5, 100, 128), (2, 300, 128), (2, 1000, 256)):
        assert_softmax(submission, 3 * rng.normal(rows, n), block)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_large_numbers(submission):
    """Numbers of ten thousand, of either sign, and entries of -inf give no NaN, wherever in the row they stand."""
    inf = math.inf
    x = torch.tensor([[1e4, 1e4 - 1, -1e4], [-1e4, -1e4 + 2, -1e4], [-inf, 0.5, -inf], [100.0, 99.0, 98.0]])
    assert_softmax(submission, x, WARP)
    # The largest number in another lane, warp or part of the row each time: without it exp overflows.
    x = torch.zeros(6, 300)
    for row, place in enumerate((2, 31, 53, 127, 200, 299)):
        x[row, [place, place - 150]] = torch.tensor([1e3, 1e3 - 1])
    assert_softmax(submission, x, 128)


@pytest.mark.needs("large_numbers")
def test_nothing_but_minus_infinity(submission):
    """A row of nothing but -inf is NaN, the others are as ever."""
    x = torch.full((2, 40), -math.inf)
    x[1] = torch.arange(40) / 8
    assert_softmax(submission, x, WARP)


@pytest.mark.needs("worked_example")
def test_memory_around(submission, rng):
    """x, and all that lies around x and y, stay as they are."""
    softmax(submission, rng.normal(3, 37), 128).assert_within("y")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_barriers(submission, rng):
    """Between accesses of different threads to shared memory stands a barrier, and every thread reaches each."""
    softmax(submission, rng.normal(2, 300), 128).assert_clean("unwritten", "race", "diverged")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_work_is_shared(submission, rng):
    """Each thread loads its part of the row and a few partial results; the row is loaded three times at most."""
    rows, n, block = 2, 1000, 256
    run = softmax(submission, rng.normal(rows, n), block)
    passes = 5  # three over x, two over what y holds
    help_ = "Reduce within the warp by shuffles, then between warps: nobody goes over all threads' results."
    run.assert_shared_out(loads=passes * -(-n // block), shared_loads=block // 2, help=help_)
    help_ = "An element belongs to one thread: t, t + blockDim.x, t + 2 blockDim.x, … to thread t."
    run.assert_traffic("x", loads=7 * rows * n // 2, help=help_)
    run.assert_traffic("y", loads=2 * rows * n, stores=2 * rows * n, help=help_)


@pytest.mark.observed
@pytest.mark.needs("several_warps")
def test_own_elements(submission, rng):
    """The kernel touches elements of its arrays only, and compiles for a GPU."""
    softmax(submission, rng.normal(3, 45), 256).assert_clean("outside")
    cuda.assert_compiles(submission)
