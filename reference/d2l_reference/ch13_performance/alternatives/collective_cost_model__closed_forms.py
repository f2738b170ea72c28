"""Formulas only: buckets keep either the backward pass or the link busy, so the end has a closed form."""


def _steps(algo, n, servers):
    """How many messages one after the other, and how many gradients' worth of bytes they carry together."""
    rounds = (n - 1).bit_length()
    table = {"ring": (n - 1, (n - 1) / n), "tree": (rounds, rounds), "ps": (1, n / servers if n > servers else 1)}
    try:
        messages, volume = table[algo]
    except KeyError:
        raise ValueError(f"unknown algorithm: {algo}") from None
    return 2 * messages, 2 * volume


def allreduce_time(algo, n, size, alpha, beta, servers=1):
    if not all(x > 0 for x in (n, size, alpha, beta, servers)):
        raise ValueError("everything must be positive")
    messages, volume = _steps(algo, n, servers)
    return messages * alpha + volume * size / beta if n > 1 else 0


def best_algorithm(n, size, alpha, beta, servers=1):
    best = "ring"
    for algo in ("tree", "ps"):
        if allreduce_time(algo, n, size, alpha, beta, servers) < allreduce_time(best, n, size, alpha, beta, servers):
            best = algo
    return best


def overlapped_time(total, bucket, alpha, beta, n, backward):
    if total <= 0 or backward <= 0 or bucket <= 0:
        raise ValueError("not positive")
    count = -int(-total // bucket)
    each, pace = allreduce_time("ring", n, total / count, alpha, beta), backward / count
    return pace + count * each if each > pace else backward + each


def bucket_size(total, alpha, beta, n, backward, choices):
    if not choices:
        raise ValueError("no choice")
    best, earliest = None, float("inf")
    for choice in sorted(choices):
        end = overlapped_time(total, choice, alpha, beta, n, backward)
        if end <= earliest:
            best, earliest = choice, end
    return best
