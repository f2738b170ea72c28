"""Every step of every algorithm is played through."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    alpha: float
    beta: float

    def __post_init__(self):
        if not (self.alpha > 0 and self.beta > 0):
            raise ValueError(f"a link with latency {self.alpha} and bandwidth {self.beta}")

    def message(self, nbytes):
        return self.alpha + nbytes / self.beta


def _ring(n, size, link, servers):
    return sum(link.message(size / n) for _phase in range(2) for _step in range(n - 1))


def _tree(n, size, link, servers):
    seconds, holders = 0.0, n
    while holders > 1:
        holders = math.ceil(holders / 2)
        seconds += 2 * link.message(size)
    return seconds


def _ps(n, size, link, servers):
    through_a_server, through_a_device = n * size / servers, size
    return 0.0 if n == 1 else 2 * link.message(max(through_a_server, through_a_device))


TIMES = {"ring": _ring, "tree": _tree, "ps": _ps}


def allreduce_time(algo, n, size, alpha, beta, servers=1):
    if algo not in TIMES:
        raise ValueError(f"{algo} is none of {list(TIMES)}")
    if n < 1 or size <= 0 or servers < 1:
        raise ValueError(f"{n} devices, {size} bytes, {servers} servers")
    return TIMES[algo](n, size, Link(alpha, beta), servers)


def best_algorithm(n, size, alpha, beta, servers=1):
    times = [allreduce_time(algo, n, size, alpha, beta, servers) for algo in TIMES]
    return list(TIMES)[times.index(min(times))]


def overlapped_time(total, bucket, alpha, beta, n, backward):
    for number in (total, bucket, backward):
        if number <= 0:
            raise ValueError(f"{number} is not positive")
    count = math.ceil(total / bucket)
    link_free = 0.0
    for ready in [backward / count * (i + 1) for i in range(count)]:
        link_free = max(link_free, ready) + allreduce_time("ring", n, total / count, alpha, beta)
    return link_free


def bucket_size(total, alpha, beta, n, backward, choices):
    ends = {choice: overlapped_time(total, choice, alpha, beta, n, backward) for choice in choices}
    earliest = min(ends.values())
    return max(choice for choice, end in ends.items() if math.isclose(end, earliest, rel_tol=1e-12))
