"""All tiles at once, as tensors."""

import torch


class Impossible(ValueError):
    pass


def _all_positive(*numbers):
    smallest = min(numbers)
    if smallest <= 0:
        raise Impossible(f"{smallest} is not positive")


def _traffic(M, N, K, bytes_per, bm, bn):
    columns, rows = -torch.div(-N, bn, rounding_mode="floor"), -torch.div(-M, bm, rounding_mode="floor")
    return bytes_per * (M * K * columns + K * N * rows + M * N)


def matmul_traffic(M, N, K, bytes_per, tile=None):
    bm, bn = (M, N) if tile is None else tile
    _all_positive(M, N, K, bytes_per, bm, bn)
    return 2 * M * N * K, _traffic(M, N, K, bytes_per, torch.tensor(bm), torch.tensor(bn)).item()


def roofline(flops, bytes_, peak_flops, bandwidth):
    _all_positive(flops, bytes_, peak_flops, bandwidth)
    times = {"memory": bytes_ / bandwidth, "compute": flops / peak_flops}
    bound = "compute" if times["compute"] >= times["memory"] else "memory"
    return {
        "time": times[bound],
        "bound": bound,
        "attainable": flops / times[bound],
        "intensity": flops / bytes_,
    }


def best_tile(M, N, K, bytes_per, fast_memory, choices):
    _all_positive(M, N, K, bytes_per, fast_memory, *choices)
    sizes = torch.tensor(sorted(choices, reverse=True), dtype=torch.int64)
    bm, bn = sizes[:, None], sizes[None, :]
    fits = (bm + bn) * 32 * bytes_per + bm * bn * 4 <= fast_memory
    if not fits.any():
        raise Impossible(f"nothing fits into {fast_memory} bytes")
    moved = torch.where(fits, _traffic(M, N, K, bytes_per, bm, bn), torch.iinfo(torch.int64).max)
    row, column = divmod((moved == moved.min()).flatten().int().argmax().item(), len(sizes))
    return sizes[row].item(), sizes[column].item()


def transfer_time(nbytes, latency, bandwidth, pieces=1):
    _all_positive(nbytes, bandwidth, pieces)
    if latency < 0:
        raise Impossible(f"latency {latency}")
    return torch.tensor([latency * pieces, nbytes / bandwidth], dtype=torch.float64).sum()
