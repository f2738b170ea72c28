"""Hidden checks of ch13/async_engine."""

import pytest
import torch
from d2l_course.ch13_performance.checks.test_async_engine import (
    WAITING,
    assert_play,
    begin,
    done,
    failure,
    finish,
    has_begun,
    let,
    submit,
    synchronize,
    wait,
)
from d2l_kit.checks import assert_close, assert_equal, probe

STREAMS, OPERATIONS = 4, 60


@probe
def run_program(module, num_streams, places, sources, values):
    """Operation i, on stream places[i], needs the results sources[i]; what all give, and in which order they ran."""
    from threading import Thread

    orders, results, failed = [[] for _ in range(num_streams)], [], []

    def op(number, value, *given):
        orders[places[number]].append(number)
        return value + sum(one / rank for rank, one in enumerate(given, start=2))

    def work():
        try:
            handles = []
            for i, wanted in enumerate(sources):
                given = [handles[j] for j in wanted]
                handles.append(engine.submit(op, i, values[i], *given, stream=places[i]))
            engine.synchronize()
            results.extend(handle.wait() for handle in handles)
            engine.shutdown()
        except BaseException as error:
            failed.append(error)

    engine = module.AsyncEngine(num_streams)
    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(3.0)
    if failed:
        raise failed[0]
    return ("still waiting", orders) if thread.is_alive() else (results, orders)


@probe
def two_engines(module, x, y):
    """Work with two engines at once, one of which is shut down while an operation of the other goes on."""
    from threading import Event, Thread

    gate, found = Event(), []

    def held(value):
        gate.wait(30.0)
        return 2 * value

    def work():
        try:
            one, other = module.AsyncEngine(), module.AsyncEngine(2)
            slow = other.submit(held, x, stream=1)
            quick = one.submit(torch.add, x, y)
            one.synchronize()
            found.append(quick.wait())
            one.shutdown()
            found.append(slow.done())
            gate.set()
            found.append(other.submit(torch.sub, slow, y, stream=0).wait())
            other.shutdown()
        except BaseException as error:
            failed.append(error)

    failed = []
    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(1.0)
    gate.set()
    if failed:
        raise failed[0]
    return found


@pytest.mark.weight(3)
@pytest.mark.needs("the_stream_waits_for_arguments")
def test_any_program(submission, rng):
    """Whatever needs whatever before it, on four streams: all results are right, and every stream keeps its order."""
    places = rng.integers(0, STREAMS, OPERATIONS).tolist()
    values = rng.normal(OPERATIONS, 3, dtype=torch.float64)
    sources = [rng.permutation(i)[: rng.integers(0, 4)].tolist() for i in range(OPERATIONS)]
    expected = []
    for value, wanted in zip(values, sources, strict=True):
        expected.append(value + sum(expected[j] / rank for rank, j in enumerate(wanted, start=2)))
    results, orders = submission.run(run_program, STREAMS, places, sources, values)
    assert results != WAITING, "The program should come to its end. Some call of it still waits after 3 s."
    assert_close(results, expected, what="list of results")
    queues = [[i for i, place in enumerate(places) if place == stream] for stream in range(STREAMS)]
    assert_equal(orders, queues, what="list of the orders in which the streams worked")


@pytest.mark.needs("the_program_goes_on")
def test_results_of_any_kind(submission, rng):
    """None, False, 0 and an empty list are results like others, and arguments too."""
    x = rng.normal(3)
    script = []
    for i, value in enumerate([None, False, 0, []]):
        script += [submit(f"a{i}", "keep", value), submit(f"b{i}", "keep", f"a{i}")]
        script += [wait(f"b{i}", value), done(f"a{i}", True), wait(f"a{i}", value), wait(f"a{i}", value)]
    assert_play(submission, 1, *script, submit("x", "keep", x), wait("x", x))


@pytest.mark.needs("what_depends_on_a_failure_fails", "synchronize_waits_for_one_stream")
def test_of_several_failures(submission, rng):
    """The first failed argument decides; one stream's synchronize leaves the errors of other streams to them."""
    x = rng.normal(3)
    assert_play(
        submission,
        3,
        submit("bad", "fail", x, stream=0),
        submit("worse", "fail", x, stream=1),
        submit("good", "add", x, x, stream=2),
        submit("both", "add", "good", "worse", "bad", x, stream=2),
        wait("both", failure("worse")),
        wait("good", 2 * x),
        synchronize(1, answer=failure("worse")),
        synchronize(2, answer=failure("worse")),
        synchronize(1),
        synchronize(answer=failure("bad")),
        synchronize(),
        synchronize(0),
    )


@pytest.mark.needs("synchronize_raises_the_first_error")
def test_a_failure_ends_no_wait(submission, rng):
    """What fails early does not end a synchronize, nor does it come out of shutdown."""
    x = rng.normal(3)
    assert_play(
        submission,
        2,
        submit("bad", "fail", x, stream=0),
        wait("bad", failure("bad")),
        submit("slow", "hold", x, stream=1),
        has_begun("slow"),
        begin("synchronize"),
        let("slow"),
        finish("synchronize", failure("bad")),
        wait("slow", x),
        submit("slow again", "hold", x, stream=0),
        submit("worse", "fail", x, stream=1),
        submit("needs both", "add", "slow again", "worse", stream=1),
        wait("worse", failure("worse")),
        begin("shutdown"),
        let("slow again"),
        finish("shutdown"),
        done("needs both", True),
        wait("slow again", x),
        wait("needs both", failure("worse")),
    )


@pytest.mark.needs("shutdown_finishes_what_was_submitted", "synchronize_waits_for_all")
def test_engines_are_independent(submission, rng):
    """One engine neither waits for another nor ends with it; a handle is an argument for both."""
    x, y = rng.normal(3), rng.normal(3)
    found = submission.run(two_engines, x, y)
    assert_equal(len(found), 3, what="number of calls that came back")
    assert_close(found[0], x + y, what="result of the quick operation")
    assert_equal(found[1], False, what="done() of the slow operation")
    assert_close(found[2], 2 * x - y, what="result that depends on the slow operation")
