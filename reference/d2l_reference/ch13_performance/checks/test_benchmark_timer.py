"""Hidden checks of ch13/benchmark_timer."""

import math
import statistics

import pytest
from d2l_course.ch13_performance.checks.test_benchmark_timer import expected, measure
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def of_what_fails(module, fails_at):
    """Benchmark a function that fails at one of its calls; says how often it was called."""
    calls = 0

    def fn():
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise LookupError(f"call {calls}")

    try:
        module.benchmark(fn, min_time=1.0, clock=lambda: float(calls))
    except LookupError as error:
        return calls, str(error)
    return calls, "no error"


@probe
def settings_first(module, options):
    """How often the function has been called when settings are refused."""
    calls = []
    try:
        module.benchmark(calls.append, 1, **options)
    except ValueError:
        return len(calls)
    return -1


@probe
def of_a_real_clock(module, seconds):
    """Benchmark a function that sleeps, by the default clock, and say how long the calls really took."""
    import time

    spent = []

    def sleep():
        if len(spent) == 60:
            raise RuntimeError("the benchmark does not end")
        start = time.perf_counter()
        time.sleep(seconds)
        spent.append(time.perf_counter() - start)

    found = module.benchmark(sleep, min_time=4 * seconds, repeats=3, warmup=1)
    return found["calls"], found["min"], min(spent), max(spent)


@pytest.mark.weight(2)
@pytest.mark.needs("one_disturbed_block", "the_clock_is_read_twice_a_block")
def test_any_cost_and_settings(submission, rng):
    """Median, minimum, spread, calls and the order of events for any settings, on a device or not."""
    for repeats, warmup, device in [(4, 3, False), (7, 5, True), (1, 4, True), (2, 3, False)]:
        cost, min_time = rng.integers(2, 9) / 1000, rng.integers(11, 60) / 1000 + 0.0003
        calls = 2 ** max(0, math.ceil(math.log2(min_time / cost)))
        finding = [2**i for i in range(int(math.log2(calls)) + 1)]
        before = warmup + sum(finding)
        late = [block for block in range(repeats) if rng.integers(0, 2)]
        disturbed = tuple(before + block * calls for block in late)
        options = {"repeats": repeats, "warmup": warmup, "min_time": min_time}
        found, events = submission.run(measure, cost, options, cold=0.3, disturbed=disturbed, device=device)
        blocks = [cost + (1.0 / calls if block in late else 0.0) for block in range(repeats)]
        median = statistics.median(blocks)
        assert_equal(found["calls"], calls, what="number of calls per block")
        assert_close([found["median"], found["min"]], [median, min(blocks)], what="median and minimum")
        assert_close(found["spread"], (max(blocks) - min(blocks)) / median, what="spread", atol=1e-6, trivial=True)
        wanted = expected(warmup, [*finding, *[calls] * repeats], device)
        assert_equal(events, wanted, what="list of events and how often each came")


@pytest.mark.needs("seconds_per_call")
def test_a_block_that_takes_just_long_enough(submission):
    """A block of exactly `min_time` is long enough; without warm-up the first call is timed."""
    found, events = submission.run(measure, 0.25, {"min_time": 0.5, "warmup": 0, "repeats": 1})
    assert_equal(found["calls"], 2, what="number of calls per block")
    assert_equal(events, expected(0, [1, 2, 2]), what="list of events and how often each came")


@pytest.mark.needs("the_clock_is_read_twice_a_block")
def test_the_defaults(submission):
    """Unless said otherwise: three calls to warm up, five blocks of at least a tenth of a second."""
    found, events = submission.run(measure, 0.03, {})
    assert_equal(found["calls"], 4, what="number of calls per block")
    assert_equal(events, expected(3, [1, 2, 4, 4, 4, 4, 4, 4]), what="list of events and how often each came")


@pytest.mark.needs("the_clock_is_read_twice_a_block")
def test_errors_of_the_function_pass_through(submission):
    """An error of the function ends the benchmark at once, in the warm-up and later."""
    for fails_at in (2, 5, 7):
        found = submission.run(of_what_fails, fails_at)
        assert_equal(found, (fails_at, f"call {fails_at}"), what="number of calls, and the error")


@pytest.mark.needs("refuses_settings_that_make_no_sense")
def test_settings_are_looked_at_first(submission):
    """Settings are refused before the function is called for the first time."""
    for options in ({"repeats": -1}, {"min_time": -0.5}, {"warmup": -1}):
        assert_equal(submission.run(settings_first, options), 0, what="number of calls before the ValueError")
    assert_raises(ValueError, submission.run, measure, 0.01, {"min_time": -0.5}, mentions=("-0.5",))


@pytest.mark.needs("seconds_per_call")
def test_the_clock_of_the_machine(submission):
    """Without a clock given, that of the machine: as long as the function itself says that it took."""
    calls, found, shortest, longest = submission.run(of_a_real_clock, 0.004)
    assert calls in (1, 2, 4), f"a block of four times a call's time should have 4 calls at most, not {calls}"
    assert shortest <= found <= 2 * longest, "the time per call should be the one that the function took"
