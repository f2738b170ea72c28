import math
from itertools import product

STEP = 32  # along K
SUM_BYTES = 4  # of one sum


def matmul_traffic(M: int, N: int, K: int, bytes_per: int, tile: tuple[int, int] | None = None) -> tuple[int, int]:
    _positive(M=M, N=N, K=K, bytes_per=bytes_per)
    bm, bn = tile or (M, N)
    _positive(bm=bm, bn=bn)
    reads_of_a, reads_of_b = math.ceil(N / bn), math.ceil(M / bm)
    elements = M * K * reads_of_a + K * N * reads_of_b + M * N
    return 2 * M * N * K, elements * bytes_per


def roofline(flops: float, bytes_: float, peak_flops: float, bandwidth: float) -> dict[str, float | str]:
    _positive(flops=flops, bytes_=bytes_, peak_flops=peak_flops, bandwidth=bandwidth)
    intensity = flops / bytes_
    fed = intensity * bandwidth  # operations per second that memory can feed
    return {
        "intensity": intensity,
        "attainable": min(peak_flops, fed),
        "bound": "memory" if fed < peak_flops else "compute",
        "time": max(flops / peak_flops, bytes_ / bandwidth),
    }


def best_tile(M: int, N: int, K: int, bytes_per: int, fast_memory: int, choices: list[int]) -> tuple[int, int]:
    tiles = [tile for tile in product(choices, repeat=2) if _held(*tile, bytes_per) <= fast_memory]
    if not tiles:
        raise ValueError(f"no tile of {choices} fits into {fast_memory} bytes")

    def rank(tile: tuple[int, int]) -> tuple[int, int, int]:
        _, moved = matmul_traffic(M, N, K, bytes_per, tile)
        return moved, -tile[0], -tile[1]

    return min(tiles, key=rank)


def transfer_time(nbytes: float, latency: float, bandwidth: float, pieces: int = 1) -> float:
    _positive(nbytes=nbytes, bandwidth=bandwidth, pieces=pieces)
    if latency < 0:
        raise ValueError(f"latency must not be negative, but is {latency}")
    return pieces * latency + nbytes / bandwidth


def _held(bm: int, bn: int, bytes_per: int) -> int:
    """Bytes of fast memory that a tile takes."""
    return (bm + bn) * STEP * bytes_per + bm * bn * SUM_BYTES


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name} must be positive, not {number}")
