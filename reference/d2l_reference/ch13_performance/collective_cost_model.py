import math

ALGORITHMS = ("ring", "tree", "ps")


def allreduce_time(algo: str, n: int, size: float, alpha: float, beta: float, servers: int = 1) -> float:
    _positive(n=n, size=size, alpha=alpha, beta=beta, servers=servers)
    if algo not in ALGORITHMS:
        raise ValueError(f"no algorithm is called {algo!r}")
    if n == 1:
        return 0.0
    transfer = size / beta
    if algo == "ring":
        return 2 * (n - 1) * (alpha + transfer / n)
    if algo == "tree":
        return 2 * math.ceil(math.log2(n)) * (alpha + transfer)
    return 2 * (alpha + max(n / servers, 1) * transfer)


def best_algorithm(n: int, size: float, alpha: float, beta: float, servers: int = 1) -> str:
    return min(ALGORITHMS, key=lambda algo: allreduce_time(algo, n, size, alpha, beta, servers))


def overlapped_time(total: float, bucket: float, alpha: float, beta: float, n: int, backward: float) -> float:
    _positive(total=total, bucket=bucket, backward=backward)
    count = math.ceil(total / bucket)
    each = allreduce_time("ring", n, total / count, alpha, beta)
    end = 0.0
    for i in range(count):
        ready = backward * (i + 1) / count
        end = max(ready, end) + each
    return end


def bucket_size(total: float, alpha: float, beta: float, n: int, backward: float, choices: list[float]) -> float:
    largest_first = sorted(choices, reverse=True)
    return min(largest_first, key=lambda bucket: overlapped_time(total, bucket, alpha, beta, n, backward))


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name} must be positive, not {number}")
