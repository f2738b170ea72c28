"""Public checks of tiled_matmul: products of many sizes, barriers, shared tiles, traffic, the edges."""

import pytest
import torch
from d2l_kit.checks import cuda

SIDE = 16
TILES = 2 * SIDE * SIDE * 4  # bytes of a tile of A and one of B


def multiply(submission, A, B):
    """Launch the kernel on a C that holds nothing yet."""
    (M, K), (_, N) = A.shape, B.shape
    given = {"A": A, "B": B, "C": torch.full((M, N), float("nan")), "M": M, "N": N, "K": K}
    return cuda.launch(submission, "tiled_matmul", given, grid=(-(-N // SIDE), -(-M // SIDE)), block=(SIDE, SIDE))


def assert_product(submission, A, B):
    """The product is right, whatever the order of the threads."""
    run = multiply(submission, A, B)
    run.assert_close("C", (A.double() @ B.double()).float(), rtol=1e-4, atol=1e-4)
    return run


def test_worked_example(submission):
    """The product of a 2 x 3 and a 3 x 2 matrix, with a block that has far more threads than elements."""
    A = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    B = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    multiply(submission, A, B).assert_close("C", torch.tensor([[4.0, 5.0], [10.0, 11.0]]))


@pytest.mark.weight(2)
def test_whole_tiles(submission, rng):
    """Sizes that divide by 16, one tile along K and several."""
    for M, N, K in ((48, 16, 16), (16, 32, 48)):
        assert_product(submission, rng.normal(M, K), rng.normal(K, N))


@pytest.mark.weight(2)
def test_edges(submission, rng):
    """Sizes that do not divide by 16, in every direction."""
    for M, N, K in ((17, 33, 20), (1, 1, 100)):
        assert_product(submission, rng.normal(M, K), rng.normal(K, N))


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_memory_around(submission, rng):
    """A and B, and all that lies around the arrays, stay as they are."""
    multiply(submission, rng.normal(19, 3), rng.normal(3, 5)).assert_within("C")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_barriers(submission, rng):
    """Between a write to shared memory and the reads by others stands a barrier, and every thread reaches each."""
    run = multiply(submission, rng.normal(17, 40), rng.normal(40, 20))
    run.assert_clean("unwritten", "race", "diverged")


@pytest.mark.observed
@pytest.mark.needs("worked_example")
def test_shared_tiles(submission, rng):
    """A block keeps a whole tile of A and one of B in shared memory."""
    multiply(submission, rng.normal(16, 16), rng.normal(16, 16)).assert_shared(TILES)


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_traffic(submission, rng):
    """Each element of A and B is loaded once for each block that needs it, and C is written once and never read."""
    M, N, K = 48, 32, 64
    run = multiply(submission, rng.normal(M, K), rng.normal(K, N))
    help_ = "Load from global memory into the tiles only, and multiply from the tiles."
    run.assert_traffic("A", loads=M * K * N // SIDE * 3 // 2, help=help_)
    run.assert_traffic("B", loads=K * N * M // SIDE * 3 // 2, help=help_)
    run.assert_traffic("C", loads=0, stores=M * N, help="Keep the sum in a register, and store it when it is whole.")


@pytest.mark.observed
@pytest.mark.needs("edges")
def test_own_elements(submission, rng):
    """The kernel touches elements of its arrays only, and compiles for a GPU."""
    multiply(submission, rng.normal(17, 20), rng.normal(20, 35)).assert_clean("outside")
    cuda.assert_compiles(submission)


@pytest.mark.needs_gpu
@pytest.mark.needs("edges")
def test_many_blocks(submission, rng):
    """On a GPU: two thousand blocks at once."""
    A, B = rng.normal(1000, 777), rng.normal(777, 513)
    multiply(submission, A, B).assert_close("C", (A.double() @ B.double()).float(), rtol=1e-4, atol=1e-3)
