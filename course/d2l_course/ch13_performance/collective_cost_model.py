"""What does an all-reduce cost, and how large should the pieces be that a backward pass sends (13.4, 13.7)."""

import math


def allreduce_time(algo: str, n: int, size: float, alpha: float, beta: float, servers: int = 1) -> float:
    """Predict how long it takes until each of n devices holds the sum of all their gradients.

    A message of m bytes takes alpha + m / beta seconds. Each device has one link to the others, with the full
    bandwidth in each direction; different links are busy at the same time.

    "ring": the gradient is cut into n equal pieces, and in each step every device sends one piece to its neighbour.
        After n - 1 steps every device holds the sum of one piece; n - 1 further steps hand these sums round.
    "tree": devices pair up and one of each pair adds the other's whole gradient to its own, until one holds the sum:
        ceil(log2 n) rounds. The sum then goes back the same way.
    "ps": parameter servers, each of which keeps an equal part of the gradient. All devices send their parts at the same
        time, and get the sums back in a second such step. A server's link carries n / servers gradients' worth of
        bytes, a device's own link carries one: the busier of the two decides. Either step pays the latency once.

    A device that is alone has nothing to do.

    Args:
        algo: "ring", "tree" or "ps".
        n: Number of devices.
        size: Bytes of one device's gradient.
        alpha: Latency: seconds for each message.
        beta: Bandwidth: bytes per second of a link, in each direction.
        servers: Number of servers, for "ps".

    Returns:
        Seconds.

    Raises:
        ValueError: There is no such algorithm (the message names it), or a number is not positive.

    Example:
        >>> allreduce_time("ring", n=4, size=8.0, alpha=0.5, beta=2.0)  # 6 steps of 0.5 + 2 / 2
        9.0

    Book: sections 13.4 and 13.7.
    """
    raise NotImplementedError


def best_algorithm(n: int, size: float, alpha: float, beta: float, servers: int = 1) -> str:
    """Name the algorithm that takes the least time; of several, the first of "ring", "tree", "ps".

    Args:
        n: As for `allreduce_time`; likewise the others.

    Returns:
        "ring", "tree" or "ps".

    Raises:
        ValueError: A number is not positive.

    Example:
        >>> best_algorithm(n=8, size=4.0, alpha=1.0, beta=1000.0)  # so few bytes: only the number of messages counts
        'tree'

    Book: sections 13.4 and 13.7.
    """
    raise NotImplementedError


def overlapped_time(total: float, bucket: float, alpha: float, beta: float, n: int, backward: float) -> float:
    """Say when all gradients have been reduced, if they travel in buckets while the backward pass goes on.

    Buckets of size s are ceil(total / s) in number, and all equally large. Gradients come out at an even pace: of k
    buckets, the first is ready after backward / k seconds, the last at the end of the backward pass. Buckets are
    reduced by "ring", one at a time, in this order: each begins when it is ready and the one before it has been
    reduced.

    Args:
        total: Bytes of all gradients.
        bucket: Size of a bucket, in bytes.
        alpha: As for `allreduce_time`; likewise beta and n.
        backward: Seconds that the backward pass takes.

    Returns:
        Seconds from the start of the backward pass.

    Raises:
        ValueError: A number is not positive.

    Example:
        >>> overlapped_time(total=8.0, bucket=4.0, alpha=0.5, beta=1.0, n=2, backward=6.0)  # from 3 to 8, from 8 to 13
        13.0

    Book: sections 13.4 and 13.7.
    """
    raise NotImplementedError


def bucket_size(total: float, alpha: float, beta: float, n: int, backward: float, choices: list[float]) -> float:
    """Choose how large the buckets should be: small ones pay the latency often, large ones begin late.

    Args:
        total: As for `overlapped_time`; likewise alpha, beta, n and backward.
        choices: The sizes to choose from, in any order.

    Returns:
        The choice with the least `overlapped_time`; of several, the largest.

    Raises:
        ValueError: A number is not positive, or there is no choice.

    Example:
        >>> bucket_size(total=8.0, alpha=0.25, beta=1.0, n=2, backward=8.0, choices=[1.0, 2.0, 4.0, 8.0])
        2.0

    Book: sections 13.4 and 13.7.
    """
    raise NotImplementedError
