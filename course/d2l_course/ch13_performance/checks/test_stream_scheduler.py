"""Public checks of ch13/stream_scheduler."""

import pytest
from d2l_kit.checks import assert_close, assert_equal, assert_raises


def op(name, stream, cost, *deps):
    return {"name": name, "stream": stream, "cost": cost, "deps": list(deps)}


def assert_times(found, start, end, makespan):
    """Times may be 0: what must not pass is a list of nothing but zeros."""
    assert_close(found["start"], start, what="start", trivial=True)
    assert_close(found["end"], end, what="end", trivial=True)
    assert_close(found["makespan"], makespan, what="makespan")


def test_one_stream_is_a_queue(submission):
    """On one stream, operations run one after the other, in the order of issue."""
    found = submission.simulate([op("a", "s", 3.0), op("b", "s", 1.5), op("c", "s", 2.0)])
    assert_times(found, {"a": 0.0, "b": 3.0, "c": 4.5}, {"a": 3.0, "b": 4.5, "c": 6.5}, 6.5)


def test_streams_run_side_by_side(submission):
    """Operations on streams of their own start together; the longest decides."""
    found = submission.simulate([op("a", "s", 2.0), op("b", "t", 5.0), op("c", "u", 1.0)])
    assert_times(found, {"a": 0.0, "b": 0.0, "c": 0.0}, {"a": 2.0, "b": 5.0, "c": 1.0}, 5.0)


@pytest.mark.weight(2)
@pytest.mark.needs("one_stream_is_a_queue", "streams_run_side_by_side")
def test_an_operation_waits_for_all_it_needs(submission):
    """Copies on one stream, computing on another: each starts when its stream is free and its inputs are there."""
    ops = [
        op("load x", "copy", 2.0),
        op("load y", "copy", 4.0),
        op("square x", "compute", 1.0, "load x"),
        op("multiply", "compute", 3.0, "load y", "square x"),  # from 6: y is the later of the two
        op("store", "copy", 1.0, "multiply"),
        op("count", "compute", 2.0, "load x"),
    ]
    start = {"load x": 0.0, "load y": 2.0, "square x": 2.0, "multiply": 6.0, "store": 9.0, "count": 9.0}
    end = {"load x": 2.0, "load y": 6.0, "square x": 3.0, "multiply": 9.0, "store": 10.0, "count": 11.0}
    assert_times(submission.simulate(ops), start, end, 11.0)


@pytest.mark.weight(2)
@pytest.mark.needs("one_stream_is_a_queue", "streams_run_side_by_side")
def test_a_stream_is_never_reordered(submission):
    """One that has to wait holds up those behind it on its stream, though they could run."""
    ops = [op("slow", "s", 5.0), op("waits", "t", 1.0, "slow"), op("ready", "t", 2.0), op("short", "s", 0.5)]
    start = {"slow": 0.0, "waits": 5.0, "ready": 6.0, "short": 5.0}
    assert_times(submission.simulate(ops), start, {"slow": 5.0, "waits": 6.0, "ready": 8.0, "short": 5.5}, 8.0)


@pytest.mark.weight(2)
@pytest.mark.needs("an_operation_waits_for_all_it_needs")
def test_the_critical_path(submission):
    """Backwards from the operation that ends last, always to the one that it had to wait for."""
    ops = [
        op("a", "s", 5.0),
        op("b", "t", 6.0),
        op("c", "s", 2.0, "b"),  # waits for b, which is on another stream
        op("d", "t", 1.0),
        op("e", "t", 4.0, "a", "c"),  # waits for c, though a costs more and d is on its stream
        op("f", "s", 1.0),
    ]
    found = submission.simulate(ops)
    assert_close(found["makespan"], 12.0, what="makespan")
    assert_equal(found["critical_path"], ["b", "c", "e"], what="critical path")


@pytest.mark.needs("the_critical_path")
def test_ties_on_the_critical_path(submission):
    """Of several that end at one moment: the one issued first, the one on the stream, the first in "deps"."""
    ops = [op("a", "s", 3.0), op("b", "t", 3.0), op("c", "u", 3.0), op("d", "v", 1.0, "c", "a", "b")]
    assert_equal(submission.simulate(ops)["critical_path"], ["c", "d"], what="critical path")
    ops = [op("a", "s", 3.0), op("b", "t", 3.0), op("c", "u", 3.0), op("d", "t", 1.0, "a"), op("e", "s", 1.0, "b")]
    assert_equal(submission.simulate(ops)["critical_path"], ["b", "d"], what="critical path")


@pytest.mark.weight(2)
def test_one_bucket_per_layer(submission):
    """The last layer's gradient travels while the layers before it are still at work."""
    # Backward: layer 2 until 1, layer 1 until 3, layer 0 until 7. Sent: 1 to 4, 4 to 9, 9 to 11.
    layers = [(4.0, 2.0), (2.0, 5.0), (1.0, 3.0)]
    assert_close(submission.overlap_backward(layers, [[2], [1], [0]]), 11.0, what="finish time")


@pytest.mark.weight(2)
def test_all_layers_in_one_bucket(submission):
    """A single bucket waits for the whole backward pass: its end, and then all communication."""
    assert_close(submission.overlap_backward([(4.0, 2.0), (2.0, 5.0), (1.0, 3.0)], [[0, 1, 2]]), 17.0)


@pytest.mark.weight(2)
@pytest.mark.needs("one_bucket_per_layer", "all_layers_in_one_bucket")
def test_buckets_of_several_layers(submission):
    """A bucket goes when the last of its layers is done, in whatever order buckets and layers are listed."""
    # Backward: 3 until 2, 2 until 5, 1 until 6, 0 until 10. Bucket [2, 3]: 5 to 8; bucket [0, 1]: 10 to 15.
    layers = [(4.0, 1.0), (1.0, 4.0), (3.0, 2.0), (2.0, 1.0)]
    assert_close(submission.overlap_backward(layers, [[0, 1], [2, 3]]), 15.0, what="finish time")
    assert_close(submission.overlap_backward(layers, [[3], [1, 2, 0]]), 17.0, what="finish time")


@pytest.mark.needs("an_operation_waits_for_all_it_needs")
def test_refuses_programs_that_make_no_sense(submission):
    """A name used twice, a negative cost and a dependency that is not issued before are ValueErrors."""
    twice = [op("first", "s", 1.0), op("again", "s", 2.0), op("again", "t", 3.0)]
    assert_raises(ValueError, submission.simulate, twice, mentions=("again",))
    assert_raises(ValueError, submission.simulate, [op("first", "s", 1.0), op("odd", "s", -1.0)], mentions=("odd",))
    early = [op("early", "s", 1.0, "late"), op("late", "t", 1.0)]
    assert_raises(ValueError, submission.simulate, early, mentions=("early",))


@pytest.mark.needs("buckets_of_several_layers")
def test_refuses_buckets_that_are_no_partition(submission):
    """A layer in no bucket, or in two, is a ValueError."""
    layers = [(4.0, 1.0), (1.0, 4.0), (3.0, 2.0)]
    assert_raises(ValueError, submission.overlap_backward, layers, [[2], [0]])
    assert_raises(ValueError, submission.overlap_backward, layers, [[2, 1], [1, 0]])
    assert_raises(ValueError, submission.overlap_backward, layers, [[2, 2], [0]])
