"""Hidden checks of ch13/stream_scheduler."""

import pytest
from d2l_course.ch13_performance.checks.test_stream_scheduler import assert_times, op
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

STEP = 0.25  # costs are multiples of it, so that all sums are exact


@probe
def arguments_afterwards(module, ops):
    """The result, and the operations as they are after the call."""
    return module.simulate(ops), ops


def draw_ops(rng, count, streams, lowest=0):
    ops = []
    for i in range(count):
        deps = [f"op {j}" for j in rng.permutation(i).tolist()[: rng.integers(0, 3)]]
        ops.append(op(f"op {i}", f"stream {rng.integers(0, streams)}", STEP * rng.integers(lowest, 12), *deps))
    return ops


def stepped(ops):
    """Start and end by letting time pass, step by step: what stands first on its stream and can start does so."""
    start, end, now = {}, {}, 0.0
    while len(start) < len(ops):
        started = True
        while started:  # what costs nothing makes way within one step
            started = False
            for stream in {one["stream"] for one in ops}:
                mine = [one for one in ops if one["stream"] == stream]
                head = next((one for one in mine if one["name"] not in start), None)
                before = [one["name"] for one in mine if one["name"] in start]
                if head and all(end.get(name, now + 1) <= now for name in [*before, *head["deps"]]):
                    start[head["name"]], end[head["name"]] = now, now + head["cost"]
                    started = True
        now += STEP
    return start, end


def explained(ops, start, end):
    """The critical path, looked up in the times."""
    makespan = max(end.values())
    path = [next(one for one in ops if end[one["name"]] == makespan)]
    while True:
        before = [one["name"] for one in ops[: ops.index(path[0])] if one["stream"] == path[0]["stream"]]
        waited = [name for name in [*before[-1:], *path[0]["deps"]] if end[name] == start[path[0]["name"]]]
        if not waited:
            return [one["name"] for one in path]
        path.insert(0, next(one for one in ops if one["name"] == waited[0]))


@pytest.mark.weight(3)
@pytest.mark.needs("a_stream_is_never_reordered")
def test_programs_drawn_at_random(submission, rng):
    """Starts, ends and makespan of any program, also with operations that cost nothing."""
    for count, streams in [(6, 2), (12, 3), (9, 1), (15, 4), (10, 6), (1, 1)]:
        ops = [*draw_ops(rng, count, streams), op("last", "stream 0", 1.0)]
        start, end = stepped(ops)
        assert_times(submission.simulate(ops), start, end, max(end.values()))


@pytest.mark.weight(2)
@pytest.mark.needs("the_critical_path", "programs_drawn_at_random")
def test_critical_paths_of_programs_drawn_at_random(submission, rng):
    """The critical path of any program, without gaps from time 0 to the makespan."""
    for count, streams in [(8, 2), (14, 3), (20, 4), (12, 2)]:
        ops = draw_ops(rng, count, streams, lowest=1)
        start, end = stepped(ops)
        assert_equal(submission.simulate(ops)["critical_path"], explained(ops, start, end), what="critical path")


@pytest.mark.needs("the_critical_path")
def test_nothing_to_do(submission):
    """Without operations nothing takes any time, and no path is critical; likewise without layers."""
    found = submission.simulate([])
    assert_close(found["makespan"], 0.0, what="makespan", trivial=True)
    assert_equal([found["start"], found["end"], found["critical_path"]], [{}, {}, []], what="rest of the result")
    assert_close(submission.overlap_backward([], []), 0.0, what="finish time", trivial=True)


@pytest.mark.needs("an_operation_waits_for_all_it_needs")
def test_the_program_is_left_alone(submission, rng):
    """The list of operations, and each operation in it, is the same after the call."""
    ops = draw_ops(rng, 8, 2, lowest=1)
    found, afterwards = submission.run(arguments_afterwards, ops)
    assert_close(found["makespan"], max(stepped(ops)[1].values()), what="makespan")
    assert_equal(afterwards, ops, what="list of operations after the call")


@pytest.mark.weight(3)
@pytest.mark.needs("buckets_of_several_layers")
def test_any_layers_and_buckets(submission, rng):
    """Layers and buckets of any cost and number, in any order, also layers that are not next to each other."""
    for count, several in [(5, 2), (9, 3), (12, 5), (7, 7)]:
        layers = [(STEP * rng.integers(0, 9), STEP * rng.integers(0, 9)) for _ in range(count)]
        order, buckets = rng.permutation(count).tolist(), [[] for _ in range(several)]
        for i, layer in enumerate(order):
            buckets[i % several].append(layer)
        done = {i: sum(backward for backward, _ in layers[i:]) for i in range(count)}
        link = 0.0
        for bucket in sorted(buckets, key=lambda bucket: done[min(bucket)]):
            link = max(link, done[min(bucket)]) + sum(layers[i][1] for i in bucket)
        assert_close(submission.overlap_backward(layers, buckets), link, what="finish time")


@pytest.mark.needs("all_layers_in_one_bucket")
def test_finer_buckets_are_never_slower(submission, rng):
    """Since costs add up, splitting a bucket never makes the whole later; one at all costs most."""
    layers = [(STEP * rng.integers(1, 9), STEP * rng.integers(1, 9)) for _ in range(8)]
    times = [
        submission.overlap_backward(layers, [list(range(i, i + size)) for i in range(0, 8, size)])
        for size in (1, 2, 4, 8)
    ]
    assert_close(times[-1], sum(map(sum, layers)), what="finish time with one bucket")
    assert times == sorted(times), "buckets of 1, 2, 4 and 8 layers should end in this order"


@pytest.mark.needs("refuses_programs_that_make_no_sense")
def test_refuses_an_operation_that_waits_for_itself(submission):
    """An operation that depends on itself, or on a name that nobody has, is a ValueError."""
    assert_raises(ValueError, submission.simulate, [op("a", "s", 1.0), op("self", "s", 1.0, "self")])
    assert_raises(ValueError, submission.simulate, [op("a", "s", 1.0), op("b", "s", 1.0, "a", "nobody")])


@pytest.mark.needs("refuses_buckets_that_are_no_partition")
def test_refuses_empty_buckets_and_negative_costs(submission):
    """An empty bucket, the number of no layer, and a negative cost of either kind are ValueErrors."""
    layers = [(4.0, 1.0), (1.0, 4.0), (3.0, 2.0)]
    assert_raises(ValueError, submission.overlap_backward, layers, [[2], [], [0, 1]])
    assert_raises(ValueError, submission.overlap_backward, layers, [[2, 1, 0], [3]])
    assert_raises(ValueError, submission.overlap_backward, layers, [[2], [1], [-3]])
    assert_raises(ValueError, submission.overlap_backward, [(4.0, 1.0), (-0.5, 4.0)], [[1], [0]])
    assert_raises(ValueError, submission.overlap_backward, [(4.0, 6.0), (1.0, -0.5)], [[1, 0]])
