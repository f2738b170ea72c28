"""Hidden checks of ch13/collective_cost_model."""

import math

import pytest
from d2l_kit.checks import assert_close, assert_equal, assert_raises

ALGORITHMS = ("ring", "tree", "ps")


def oracle(algo, n, size, alpha, beta, servers=1):
    if algo == "ring":
        return 2 * (n - 1) * (alpha + size / n / beta)
    if algo == "tree":
        return 2 * (n - 1).bit_length() * (alpha + size / beta)
    return 2 * (alpha + max(n / servers, 1) * size / beta) if n > 1 else 0.0


def last_end(choice, total, alpha, beta, n, backward):
    count, end = math.ceil(total / choice), 0.0
    for ready in (backward * i / count for i in range(1, count + 1)):
        end = max(end, ready) + oracle("ring", n, total / count, alpha, beta)
    return end


def draw(rng):
    n, servers = rng.integers(2, 200), rng.integers(1, 40)
    size, alpha, beta = (math.exp(x) for x in rng.uniform(3, low=-3.0, high=12.0).tolist())
    return n, size, alpha, beta, servers


@pytest.mark.weight(2)
@pytest.mark.needs("ring")
def test_times_of_any_cluster(submission, rng):
    """The time of any number of devices and servers, of any size and link, with each algorithm."""
    for _ in range(4):
        n, size, alpha, beta, servers = draw(rng)
        for algo in ALGORITHMS:
            found = submission.allreduce_time(algo, n, size, alpha, beta, servers)
            assert_close(found, oracle(algo, n, size, alpha, beta, servers), rtol=1e-6, atol=0.0, what="time")


@pytest.mark.needs("ring", "tree", "parameter_servers")
def test_best_algorithms_of_any_cluster(submission, rng):
    """The quickest algorithm on any cluster."""
    for _ in range(8):
        cluster = draw(rng)
        expected = min(ALGORITHMS, key=lambda algo, cluster=cluster: oracle(algo, *cluster))
        assert_equal(submission.best_algorithm(*cluster), expected, what="algorithm")


@pytest.mark.weight(2)
@pytest.mark.needs("the_best_bucket")
def test_best_buckets_of_any_network(submission, rng):
    """The best size for any network, number of devices and link, also where the sizes do not divide the total."""
    for _ in range(6):
        n, total, beta = rng.integers(2, 20), float(rng.integers(50, 400)), float(rng.integers(5, 60))
        alpha, backward = rng.integers(1, 40) / 64, float(rng.integers(5, 60))
        choices = [float(x) for x in (rng.permutation(60)[:7] + 1).tolist()]
        ends = {choice: last_end(choice, total, alpha, beta, n, backward) for choice in choices}
        for choice in choices[:2]:
            found = submission.overlapped_time(total, choice, alpha, beta, n, backward)
            assert_close(found, ends[choice], what="time")
        earliest = min(ends.values())
        expected = max(choice for choice, end in ends.items() if math.isclose(end, earliest, rel_tol=1e-9))
        assert_equal(submission.bucket_size(total, alpha, beta, n, backward, choices), expected, what="size")


@pytest.mark.needs("refuses_what_makes_no_sense")
def test_refuses_each_number(submission):
    """Every number alone makes its call a ValueError if it is 0."""
    for i in range(5):
        numbers = [4, 8.0, 0.5, 2.0, 1]
        numbers[i] = 0
        assert_raises(ValueError, submission.allreduce_time, "ring", *numbers)
        assert_raises(ValueError, submission.best_algorithm, *numbers)
        numbers = [8.0, 0.5, 2.0, 4, 3.0]
        numbers[i] = 0
        assert_raises(ValueError, submission.overlapped_time, numbers[0], 2.0, *numbers[1:])
        assert_raises(ValueError, submission.bucket_size, *numbers, [2.0])
    assert_raises(ValueError, submission.overlapped_time, 8.0, 0.0, 0.5, 2.0, 4, 3.0)
    assert_raises(ValueError, submission.bucket_size, 8.0, 0.5, 2.0, 4, 3.0, [2.0, 0.0])
