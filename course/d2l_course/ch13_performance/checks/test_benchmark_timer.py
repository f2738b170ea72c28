"""Public checks of ch13/benchmark_timer."""

import pytest
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def measure(module, cost, options, cold=0.0, disturbed=(), resolution=0.0, device=False):
    """Benchmark a function against a clock that moves only when it is called.

    The first three calls cost `cold` more, those whose numbers are in `disturbed` a second more. On a device, a call
    only begins work; it is the synchronisation that takes the time. Ends after 20000 events.
    """
    from math import floor

    now, begun, calls, events = 0.0, 0.0, 0, []

    def note(event):
        events.append(event)
        if len(events) > 20000:
            raise RuntimeError("the benchmark does not end")

    def fn(*args):
        nonlocal now, begun, calls
        note("call")
        if args != ("a", 7):
            raise TypeError(f"called with {args}")
        takes = cost + (cold if calls < 3 else 0.0) + (1.0 if calls in disturbed else 0.0)
        calls += 1
        if device:
            begun += takes
        else:
            now += takes

    def clock():
        note("read")
        return now if not resolution else floor(now / resolution + 1e-6) * resolution

    def sync():
        nonlocal now, begun
        note("sync")
        now, begun = now + begun, 0.0

    found = module.benchmark(fn, "a", 7, clock=clock, sync=sync if device else None, **options)
    runs = [[events[0], 0]]  # how often each event came, one after the other
    for event in events:
        if event != runs[-1][0]:
            runs.append([event, 0])
        runs[-1][1] += 1
    return dict(found), runs


def expected(warmup, blocks, device=False):
    """The events of a right benchmark."""
    start = [("sync", 1), ("read", 1)] if device else [("read", 1)]
    runs = [("call", warmup)] if warmup else []
    for calls in blocks:
        if device or runs[-1:] != [("read", 1)]:
            runs += start
        else:
            runs[-1] = ("read", 2)  # the end of one block and the beginning of the next
        runs += [("call", calls), *start]
    return runs


@pytest.mark.weight(2)
def test_seconds_per_call(submission):
    """A call of 3 ms, blocks of at least 20 ms: 8 calls a block, 3 ms per call."""
    found, _events = submission.run(measure, 0.003, {"min_time": 0.02})
    assert_equal(found["calls"], 8, what="number of calls per block")
    assert_close([found["median"], found["min"]], [0.003, 0.003], what="median and minimum")
    assert_close(found["spread"], 0.0, what="spread", trivial=True)


@pytest.mark.weight(2)
@pytest.mark.needs("seconds_per_call")
def test_cold_calls_do_not_count(submission):
    """The first three calls take a hundred times longer; they belong to the warm-up."""
    found, _events = submission.run(measure, 0.004, {"min_time": 0.02, "repeats": 1}, cold=0.4)
    assert_equal(found["calls"], 8, what="number of calls per block")
    assert_close(found["median"], 0.004, what="median")


@pytest.mark.weight(2)
@pytest.mark.needs("seconds_per_call")
def test_one_disturbed_block(submission):
    """One of five blocks is a second late: the median does not notice, the spread does."""
    # 3 calls of warm-up, 1 + 2 + 4 + 8 to find the number, then five blocks of 8: call 36 is in the third.
    found, _events = submission.run(measure, 0.003, {"min_time": 0.02}, disturbed=(36,))
    assert_close([found["median"], found["min"]], [0.003, 0.003], what="median and minimum")
    assert_close(found["spread"], 0.125 / 0.003, what="spread")


@pytest.mark.needs("one_disturbed_block")
def test_an_even_number_of_blocks(submission):
    """Of four blocks that are 0, 1, 2 and 3 seconds late, the median lies between the second and the third."""
    disturbed = (26, 34, 35, 42, 43, 44)  # blocks of 8 begin with the calls 18, 26, 34 and 42
    found, _events = submission.run(measure, 0.003, {"min_time": 0.02, "repeats": 4}, disturbed=disturbed)
    assert_close([found["median"], found["min"]], [0.1905, 0.003], what="median and minimum")
    assert_close(found["spread"], 0.375 / 0.1905, what="spread")


@pytest.mark.weight(2)
@pytest.mark.needs("seconds_per_call")
def test_shorter_than_the_clock_can_see(submission):
    """A call of 10 us, a clock that moves in steps of a millisecond: only many calls together can be timed."""
    found, _events = submission.run(measure, 1e-5, {"min_time": 0.0095, "repeats": 3}, resolution=0.001)
    assert_equal(found["calls"], 1024, what="number of calls per block")
    assert_close([found["median"], found["min"]], [1e-5, 1e-5], rtol=0.1, atol=0.0, what="median and minimum")


@pytest.mark.weight(2)
@pytest.mark.needs("seconds_per_call")
def test_work_that_goes_on_after_the_call(submission):
    """On a device, each reading of the clock waits for what was begun, before a block as well as after it."""
    options = {"min_time": 0.018, "repeats": 2, "warmup": 3}
    found, events = submission.run(measure, 0.005, options, cold=0.5, device=True)
    assert_close(found["median"], 0.005, what="median")
    assert_equal(events, expected(3, [1, 2, 4, 4, 4], device=True), what="list of events and how often each came")


@pytest.mark.needs("seconds_per_call")
def test_the_clock_is_read_twice_a_block(submission):
    """Warm-up, blocks of 1, 2 and 4 calls, and then four more of 4, with two readings of the clock each."""
    _found, events = submission.run(measure, 0.005, {"min_time": 0.018, "repeats": 4, "warmup": 2})
    assert_equal(events, expected(2, [1, 2, 4, 4, 4, 4, 4]), what="list of events and how often each came")


@pytest.mark.needs("the_clock_is_read_twice_a_block")
def test_refuses_settings_that_make_no_sense(submission):
    """No blocks, no time and a negative warm-up are ValueErrors."""
    assert_raises(ValueError, submission.run, measure, 0.01, {"repeats": 0}, mentions=("0",))
    assert_raises(ValueError, submission.run, measure, 0.01, {"min_time": 0.0}, mentions=("0",))
    assert_raises(ValueError, submission.run, measure, 0.01, {"warmup": -2}, mentions=("-2",))
