"""Hidden checks of ch13/roofline."""

import math

import pytest
from d2l_kit.checks import assert_close, assert_equal, assert_raises


def moved(M, N, K, bytes_per, bm, bn):
    return bytes_per * (M * K * -(-N // bn) + K * N * -(-M // bm) + M * N)


def best(M, N, K, bytes_per, fast_memory, choices):
    """By trying all tiles."""
    fitting = [
        (moved(M, N, K, bytes_per, bm, bn), -bm, -bn)
        for bm in choices
        for bn in choices
        if (bm * 32 + 32 * bn) * bytes_per + bm * bn * 4 <= fast_memory
    ]
    return -min(fitting)[1], -min(fitting)[2]


@pytest.mark.weight(2)
@pytest.mark.needs("a_block_cut_off_is_a_block")
def test_traffic_of_any_size(submission, rng):
    """Operations and bytes for any sizes and tiles, exactly, also where numbers are large."""
    for largest in (20, 300, 60_000):
        M, N, K = (rng.integers(1, largest) for _ in range(3))
        bytes_per, bm, bn = rng.choice([1, 2, 4, 8]), rng.integers(1, 40), rng.integers(1, 40)
        expected = 2 * M * N * K, moved(M, N, K, bytes_per, M, N)
        assert_equal(submission.matmul_traffic(M, N, K, bytes_per), expected, what="(operations, bytes)")
        expected = 2 * M * N * K, moved(M, N, K, bytes_per, bm, bn)
        assert_equal(submission.matmul_traffic(M, N, K, bytes_per, (bm, bn)), expected, what="(operations, bytes)")


@pytest.mark.weight(2)
@pytest.mark.needs("limited_by_memory")
def test_roofs_of_any_machine(submission, rng):
    """Intensity, attainable speed, bound and time of any program on any machine."""
    for _ in range(6):
        flops, bytes_, peak, bandwidth = (math.exp(x) for x in rng.uniform(4, low=1.0, high=25.0).tolist())
        found = submission.roofline(flops, bytes_, peak, bandwidth)
        expected = {
            "intensity": flops / bytes_,
            "attainable": min(peak, flops / bytes_ * bandwidth),
            "time": max(flops / peak, bytes_ / bandwidth),
        }
        assert_close({key: found[key] for key in expected}, expected, rtol=1e-6, atol=0.0)
        assert_equal(found["bound"], "memory" if flops / bytes_ < peak / bandwidth else "compute", what="bound")


@pytest.mark.weight(2)
@pytest.mark.needs("a_block_cut_off_is_a_block")
def test_best_tiles_of_any_product(submission, rng):
    """The best tile of any product and any fast memory, with choices in any order."""
    for _ in range(7):
        M, N, K = (rng.integers(10, 700) for _ in range(3))
        choices = [(8, 16, 24, 32, 64, 128)[i] for i in rng.permutation(6).tolist()]
        bytes_per, bm, bn = rng.choice([1, 2, 4]), rng.choice([24, 32, 64]), rng.choice([32, 64, 128])
        fast_memory = (bm + bn) * 32 * bytes_per + bm * bn * 4 - rng.integers(0, 2)  # this one just fits, or not
        found = submission.best_tile(M, N, K, bytes_per, fast_memory, choices)
        assert_equal(found, best(M, N, K, bytes_per, fast_memory, choices), what="tile")


@pytest.mark.needs("every_piece_costs_the_latency")
def test_transfers_of_any_size(submission, rng):
    """Any transfer, also one without latency."""
    for pieces in (1, 3, rng.integers(10, 1000)):
        nbytes, bandwidth = rng.integers(1, 10**9), rng.integers(10**3, 10**6)
        latency = rng.integers(1, 100) / 64
        expected = pieces * latency + nbytes / bandwidth
        assert_close(submission.transfer_time(nbytes, latency, bandwidth, pieces), expected, rtol=1e-6)
        assert_close(submission.transfer_time(nbytes, 0.0, bandwidth, pieces), nbytes / bandwidth, rtol=1e-6)


@pytest.mark.needs("refuses_what_is_not_positive")
def test_refuses_each_number(submission):
    """Every number alone makes its call a ValueError if it is 0."""
    for i in range(4):
        sizes, rates = [8, 8, 8, 2], [80.0, 40.0, 10.0, 5.0]
        sizes[i], rates[i] = 0, 0.0
        assert_raises(ValueError, submission.matmul_traffic, *sizes)
        assert_raises(ValueError, submission.roofline, *rates)
        assert_raises(ValueError, submission.best_tile, *sizes, 50_000, [16, 32])
    assert_raises(ValueError, submission.matmul_traffic, 8, 8, 8, 2, (0, 4))
    assert_raises(ValueError, submission.matmul_traffic, 8, 8, 8, 2, (4, 0))
    assert_raises(ValueError, submission.best_tile, 8, 8, 8, 2, 0, [16, 32])
    assert_raises(ValueError, submission.best_tile, 8, 8, 8, 2, 50_000, [16, 0, 32])
    assert_raises(ValueError, submission.best_tile, 8, 8, 8, 2, 50_000, [])
    assert_raises(ValueError, submission.transfer_time, 0.0, 0.5, 10.0)
    assert_raises(ValueError, submission.transfer_time, 100.0, 0.5, 0.0)
