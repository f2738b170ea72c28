"""Memory or arithmetic: which of the two limits a program, and what tiles do about it (section 13.4)."""

import math


def matmul_traffic(M: int, N: int, K: int, bytes_per: int, tile: tuple[int, int] | None = None) -> tuple[int, int]:
    """Count the arithmetic of a matrix product, and the bytes that travel to and from main memory.

    A is [M, K], B is [K, N], the product C is [M, N]. Each element of C takes K multiplications and K additions.
    With a fast memory that held all three matrices, each would travel once: A and B in, C out.

    With a tile (bm, bn) the product is computed in blocks of bm rows and bn columns, one after the other, and nothing
    but the block at hand stays in fast memory. So all of A is read once for each column of blocks, all of B once for
    each row of blocks, and C is still written once. Blocks at the border may be cut off, but are blocks.

    Args:
        M: Rows of A and C.
        N: Columns of B and C.
        K: Columns of A, rows of B.
        bytes_per: Bytes of one element.
        tile: Rows and columns of a block, or None.

    Returns:
        (floating-point operations, bytes), both whole numbers.

    Raises:
        ValueError: A number is not positive; the message names it.

    Example:
        >>> matmul_traffic(4, 6, 5, bytes_per=2)  # 2 * (4*5 + 5*6 + 4*6) bytes
        (240, 148)
        >>> matmul_traffic(4, 6, 5, bytes_per=2, tile=(2, 3))  # A twice, B twice
        (240, 248)

    Book: section 13.4.
    """
    raise NotImplementedError


def roofline(flops: float, bytes_: float, peak_flops: float, bandwidth: float) -> dict[str, float | str]:
    """Say how fast a program can run at best, and what holds it back.

    Its arithmetic intensity is the number of operations for each byte moved. Memory delivers `bandwidth` bytes a
    second, which feed at most intensity * bandwidth operations a second; the processor does `peak_flops` at most. The
    lower of these two roofs is what can be attained. Computing and moving overlap perfectly, so that the slower of the
    two alone decides how long the program takes.

    Args:
        flops: Operations of the program.
        bytes_: Bytes that it moves.
        peak_flops: Operations per second of the processor.
        bandwidth: Bytes per second of the memory.

    Returns:
        {"intensity": operations per byte, "attainable": operations per second, "bound": "memory" or "compute",
        "time": seconds}. Where both roofs are equally high, the bound is "compute".

    Raises:
        ValueError: A number is not positive; the message names it.

    Example:
        >>> roofline(flops=600.0, bytes_=200.0, peak_flops=100.0, bandwidth=10.0)
        {'intensity': 3.0, 'attainable': 30.0, 'bound': 'memory', 'time': 20.0}

    Book: section 13.4.
    """
    raise NotImplementedError


def best_tile(M: int, N: int, K: int, bytes_per: int, fast_memory: int, choices: list[int]) -> tuple[int, int]:
    """Choose the tile of a matrix product that moves the fewest bytes and fits into fast memory.

    A block of bm x bn is built up in steps of 32 along K. Fast memory holds, at each step, bm x 32 elements of A,
    32 x bn elements of B, and the block's sums, bm x bn numbers of 4 bytes each whatever `bytes_per` is (sums are
    kept in float32). All of this together must not take more than `fast_memory`.

    Args:
        M: As for `matmul_traffic`; likewise N, K and bytes_per.
        fast_memory: Its size in bytes.
        choices: What bm and bn may be, each on its own, in any order.

    Returns:
        (bm, bn) with the fewest bytes by `matmul_traffic`; of several, the one with the largest bm, then bn.

    Raises:
        ValueError: No tile fits, which the message says with `fast_memory`, or a number is not positive.

    Example:
        >>> best_tile(256, 64, 128, bytes_per=2, fast_memory=20_000, choices=[16, 32, 64])
        (32, 64)

    Book: section 13.4.
    """
    raise NotImplementedError


def transfer_time(nbytes: float, latency: float, bandwidth: float, pieces: int = 1) -> float:
    """Predict how long a transfer takes, in one piece or in several of equal size, one after the other.

    Every piece costs the latency, however small it is, and then travels at the bandwidth.

    Args:
        nbytes: Bytes in all.
        latency: Seconds before the first byte of a piece moves; may be 0.
        bandwidth: Bytes per second.
        pieces: In how many pieces they go.

    Returns:
        Seconds.

    Raises:
        ValueError: The latency is negative, or another number is not positive.

    Example:
        >>> transfer_time(1000.0, latency=0.5, bandwidth=500.0, pieces=4)
        4.0

    Book: section 13.4.
    """
    raise NotImplementedError
