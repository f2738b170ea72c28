"""Counts by going through the blocks one by one, and searches by plain loops."""


def matmul_traffic(M, N, K, bytes_per, tile=None):
    for number in (M, N, K, bytes_per, *(tile or ())):
        if number < 1:
            raise ValueError(f"{number} is not positive in {(M, N, K, bytes_per, tile)}")
    if tile is None:
        return 2 * M * N * K, bytes_per * (M * K + K * N + M * N)
    flops = moved = 0
    for top in range(0, M, tile[0]):
        rows = min(tile[0], M - top)
        for left in range(0, N, tile[1]):
            columns = min(tile[1], N - left)
            moved += rows * K + K * columns + rows * columns
            flops += 2 * rows * columns * K
    return flops, moved * bytes_per


def roofline(flops, bytes_, peak_flops, bandwidth):
    if not (flops > 0 and bytes_ > 0 and peak_flops > 0 and bandwidth > 0):
        raise ValueError(f"not all positive: {flops}, {bytes_}, {peak_flops}, {bandwidth}")
    result = {"intensity": flops / bytes_}
    ridge = peak_flops / bandwidth
    if result["intensity"] >= ridge:
        result["bound"], result["attainable"] = "compute", peak_flops
    else:
        result["bound"], result["attainable"] = "memory", bandwidth * result["intensity"]
    result["time"] = flops / result["attainable"]
    return result


def best_tile(M, N, K, bytes_per, fast_memory, choices):
    if fast_memory <= 0 or any(choice <= 0 for choice in choices):
        raise ValueError(f"not positive: {fast_memory}, {choices}")
    best = fewest = None
    for bm in sorted(choices, reverse=True):
        for bn in sorted(choices, reverse=True):
            if (bm * 32 + 32 * bn) * bytes_per + bm * bn * 4 > fast_memory:
                continue
            moved = matmul_traffic(M, N, K, bytes_per, (bm, bn))[1]
            if fewest is None or moved < fewest:
                best, fewest = (bm, bn), moved
    if best is None:
        raise ValueError(f"no tile fits into {fast_memory}")
    return best


def transfer_time(nbytes, latency, bandwidth, pieces=1):
    if nbytes <= 0 or latency < 0 or bandwidth <= 0 or pieces <= 0:
        raise ValueError(f"{nbytes} bytes, {latency} s, {bandwidth} bytes/s, {pieces} pieces")
    return sum(latency + nbytes / pieces / bandwidth for _ in range(pieces))
