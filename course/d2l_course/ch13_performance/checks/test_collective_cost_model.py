"""Public checks of ch13/collective_cost_model."""

import pytest
from d2l_kit.checks import assert_close, assert_equal, assert_raises


@pytest.mark.weight(2)
def test_ring(submission):
    """A ring takes n - 1 steps to add up and n - 1 to hand round, each with 1/n of the bytes."""
    assert_close(submission.allreduce_time("ring", 4, 8.0, 0.5, 2.0), 9.0, what="time")  # 6 * (0.5 + 2/2)
    assert_close(submission.allreduce_time("ring", 5, 30.0, 0.25, 3.0), 18.0, what="time")  # 8 * (0.25 + 6/3)


@pytest.mark.weight(2)
def test_tree(submission):
    """A tree takes ceil(log2 n) rounds up and as many down, each with all the bytes."""
    assert_close(submission.allreduce_time("tree", 8, 6.0, 0.5, 4.0), 12.0, what="time")  # 6 * (0.5 + 6/4)
    assert_close(submission.allreduce_time("tree", 5, 6.0, 0.5, 4.0), 12.0, what="time")  # 5 devices: 3 rounds too


@pytest.mark.weight(2)
def test_parameter_servers(submission):
    """A server's link carries n / servers gradients, a device's link one: the busier decides, twice."""
    assert_close(submission.allreduce_time("ps", 6, 8.0, 0.5, 4.0), 25.0, what="time, one server")  # 2*(0.5 + 6*2)
    assert_close(submission.allreduce_time("ps", 6, 8.0, 0.5, 4.0, 4), 7.0, what="time, four servers")  # 2*(0.5 + 3)
    assert_close(submission.allreduce_time("ps", 6, 8.0, 0.5, 4.0, 12), 5.0, what="time, many servers")  # 2*(0.5 + 2)


@pytest.mark.needs("ring", "tree", "parameter_servers")
def test_alone_there_is_nothing_to_do(submission):
    """With one device every algorithm takes no time at all."""
    times = [submission.allreduce_time(algo, 1, 8.0, 0.5, 2.0) for algo in ("ring", "tree", "ps")]
    assert_close(times, [0.0, 0.0, 0.0], what="times", trivial=True)


def test_more_devices_on_the_ring(submission):
    """For many bytes, a ring of 500 devices takes hardly longer than one of 10: about twice size / beta."""
    few, many = (submission.allreduce_time("ring", n, 1e9, 1e-6, 1e9) for n in (10, 500))
    assert_close([few, many], [1.8, 1.996], rtol=1e-3, what="times for 10 and for 500 devices")


@pytest.mark.weight(2)
@pytest.mark.needs("ring", "tree", "parameter_servers")
def test_the_best_algorithm(submission):
    """Few bytes: the fewest messages. Many bytes: the ring. As many servers as devices: the servers."""
    assert_equal(submission.best_algorithm(64, 100.0, 1e-3, 1e9, 1), "ps", what="algorithm for 100 bytes")
    assert_equal(submission.best_algorithm(64, 1e6, 1e-3, 1e9, 1), "tree", what="algorithm for a megabyte")
    assert_equal(submission.best_algorithm(64, 1e9, 1e-3, 1e9, 1), "ring", what="algorithm for a gigabyte")
    assert_equal(submission.best_algorithm(64, 1e9, 1e-3, 1e9, 64), "ps", what="algorithm with 64 servers")


@pytest.mark.needs("the_best_algorithm")
def test_equally_good_algorithms(submission):
    """Of algorithms that take equally long, the first of ring, tree, ps."""
    assert_equal(submission.best_algorithm(4, 8.0, 10.0, 1.0), "ring", what="algorithm (ring and tree take 72)")
    assert_equal(submission.best_algorithm(4, 8.0, 16.0, 1.0), "tree", what="algorithm (tree and ps take 96)")
    assert_equal(submission.best_algorithm(4, 8.0, 5.0, 1.0, 2), "ring", what="algorithm (ring and ps take 42)")


@pytest.mark.weight(2)
@pytest.mark.needs("ring")
def test_buckets_overlap_with_the_backward_pass(submission):
    """A bucket is reduced while later gradients are computed: it waits for its own, and for the bucket before it."""
    # A ring of two takes 0.5 + 1 seconds for 4 bytes: from 3 to 4.5, then the link stands idle; from 6 to 7.5.
    assert_close(submission.overlapped_time(8.0, 4.0, 0.25, 4.0, 2, 6.0), 7.5, what="time over a quick link")
    # Over a slow link it takes 0.5 + 4: from 3 to 7.5, and from 7.5, not 6, to 12.
    assert_close(submission.overlapped_time(8.0, 4.0, 0.25, 1.0, 2, 6.0), 12.0, what="time over a slow link")
    assert_close(submission.overlapped_time(8.0, 8.0, 0.25, 4.0, 2, 6.0), 8.5, what="time in one bucket")


@pytest.mark.needs("buckets_overlap_with_the_backward_pass")
def test_a_last_bucket_that_is_not_full(submission):
    """If the size does not divide the total, one bucket more is needed, and all are equally large."""
    # 9 bytes in buckets of 4 are three of 3, which take 3.5 each: from 3 to 6.5, to 10, to 13.5.
    assert_close(submission.overlapped_time(9.0, 4.0, 0.25, 1.0, 2, 9.0), 13.5, what="time")
    # More room than gradients: one bucket.
    assert_close(submission.overlapped_time(9.0, 20.0, 0.25, 1.0, 2, 9.0), 18.5, what="time")


@pytest.mark.weight(2)
@pytest.mark.needs("a_last_bucket_that_is_not_full")
def test_the_best_bucket(submission):
    """Not the smallest, which pay the latency too often, nor the largest, which begin too late."""
    choices = [1.0, 2.0, 4.0, 8.0]
    # All ends with 8 buckets at 13, with 4 at 12, with 2 at 13, with one at 16.5.
    assert_equal(submission.bucket_size(8.0, 0.25, 1.0, 2, 8.0, choices), 2.0, what="size of a bucket")
    # The link is quick, so that only the last bucket is waited for: smaller is better, down to 1.
    assert_equal(submission.bucket_size(8.0, 0.0625, 16.0, 2, 8.0, choices), 1.0, what="size, quick link")
    # The latency is long, so that every message hurts.
    assert_equal(submission.bucket_size(8.0, 4.0, 16.0, 2, 8.0, choices), 8.0, what="size, long latency")


@pytest.mark.needs("the_best_bucket")
def test_equally_good_buckets(submission):
    """Of sizes with which all ends at the same time, the largest, in whatever order they are given."""
    # Two buckets and four both end at 14; one and eight at 17.
    assert_equal(submission.bucket_size(8.0, 0.5, 1.0, 2, 8.0, [8.0, 4.0, 2.0, 1.0]), 4.0, what="size of a bucket")
    assert_equal(submission.bucket_size(8.0, 0.5, 1.0, 2, 8.0, [2.0, 8.0, 4.0, 1.0]), 4.0, what="size of a bucket")


@pytest.mark.needs("the_best_algorithm", "the_best_bucket")
def test_refuses_what_makes_no_sense(submission):
    """An unknown algorithm, and numbers of 0 or less, are ValueErrors."""
    assert_raises(ValueError, submission.allreduce_time, "star", 4, 8.0, 0.5, 2.0, mentions=("star",))
    assert_raises(ValueError, submission.allreduce_time, "ps", 4, 8.0, 0.5, 2.0, 0)
    assert_raises(ValueError, submission.allreduce_time, "tree", 4, 8.0, 0.5, -2.0)
    assert_raises(ValueError, submission.best_algorithm, 0, 8.0, 0.5, 2.0)
    assert_raises(ValueError, submission.overlapped_time, 8.0, 2.0, 0.5, 1.0, 2, 0.0)
    assert_raises(ValueError, submission.bucket_size, 8.0, 0.5, 1.0, 2, 8.0, [])
