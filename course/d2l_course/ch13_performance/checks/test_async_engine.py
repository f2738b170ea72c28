"""Public checks of ch13/async_engine."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

RETURNED, WAITING = "returned", "still waiting"


@probe
def play(module, num_streams, steps):
    """Take steps with an engine and list what came of each, up to a call that does not come back or comes too early.

    By its kind, an operation adds its arguments up ("add"), does so when the step ("let", name) is taken ("hold") or
    when there is one on every stream, with the arguments of all ("meet"), returns its argument ("keep"), or fails.
    So nothing here depends on how fast anything goes: an operation lasts as long as the steps want it to.
    """
    from threading import Barrier, Event, Thread
    from time import sleep

    patience = 1.0  # seconds, for what has to come
    handles, begun, gates, pending, answers = {}, {}, {}, {}, []
    meeting, met = Barrier(num_streams or 1), []

    def operation(name, kind):
        begun[name], gates[name] = Event(), Event()

        def op(*values):
            begun[name].set()
            if kind == "fail":
                raise ArithmeticError(f"{name} has failed")
            if kind == "hold":
                gates[name].wait(30.0)
            if kind == "meet":
                met.append(sum(values))
                meeting.wait(30.0)
                return sum(met)
            return values[0] if kind == "keep" else sum(values)

        return op

    def begin(call, *args, **kwargs):
        ended = []

        def work():
            try:
                ended.append((call(*args, **kwargs), None))
            except BaseException as error:
                ended.append((None, error))

        thread = Thread(target=work, daemon=True)
        thread.start()
        return thread, ended

    def a_moment():
        for _ in range(20):  # others get their turn as often: so does who can go on, however busy the machine is
            witness = Thread(target=sleep, args=(0.002,))
            witness.start()
            witness.join()

    def end(call, seconds=patience):
        thread, ended = call
        thread.join(seconds)
        if not ended:
            return "still waiting"
        result, error = ended[0]
        if error is not None and not isinstance(error, ArithmeticError):
            raise error
        return f"raised: {error}" if error is not None else result

    def said(answer):
        return answer if isinstance(answer, str) else "returned"

    def take(word, name, *rest):
        if word == "submit":
            kind, stream, *args = rest
            where = {} if stream is None else {"stream": stream}
            args = [handles[arg] if isinstance(arg, str) else arg for arg in args]
            handles[name] = end(begin(engine.submit, operation(name, kind), *args, **where))
            return said(handles[name])
        if word == "let":
            return gates[name].set()
        if word == "has begun":
            return begun[name].wait(patience)
        if word == "has not begun":
            a_moment()
            return not begun[name].is_set()
        if word == "begin":
            pending[name] = begin(getattr(engine, name), *rest)
            a_moment()
            return said(end(pending[name], 0.0))
        if word == "finish":
            return said(end(pending[name]))
        if word == "call":
            return said(end(begin(getattr(engine, name), *rest)))
        return end(begin(getattr(handles[name], word)))

    engine = module.AsyncEngine() if num_streams is None else module.AsyncEngine(num_streams)
    try:
        for step in steps:
            answers.append(take(*step))
            waits = isinstance(answers[-1], str) and answers[-1] == "still waiting"
            if waits != (step[0] == "begin") or (step[0].startswith("has") and not answers[-1]):
                break  # what comes now would be a matter of luck
    finally:
        meeting.abort()
        for gate in gates.values():
            gate.set()
        begin(engine.shutdown)[0].join(patience if len(answers) == len(steps) else 0.0)
    return answers


@probe
def threads(module, num_streams, operations):
    """How many more threads there are with operations waiting, and after shutdown; and each stream's last result."""
    import threading
    from threading import Event, Thread

    begun, gate, submitted, failed, results = Event(), Event(), Event(), [], []

    def op(value, last):
        begun.set()
        gate.wait(30.0)
        return value + last

    def work():
        try:
            engine, handles = module.AsyncEngine(num_streams), []
            for i in range(operations):
                last = handles[i - num_streams] if i >= num_streams else 0
                handles.append(engine.submit(op, i, last, stream=i % num_streams))
            begun.wait(1.0)
            submitted.set()
            gate.wait(30.0)
            results.extend(handle.wait() for handle in handles[-num_streams:])
            engine.shutdown()
        except BaseException as error:
            failed.append(error)
            submitted.set()

    working = Thread(target=work, daemon=True)
    before = {*threading.enumerate(), working}
    working.start()
    submitted.wait(1.0)
    alive = len(set(threading.enumerate()) - before)
    gate.set()
    working.join(1.0)
    if failed:
        raise failed[0]
    for thread in set(threading.enumerate()) - before:
        thread.join(0.2)
    return alive, len(set(threading.enumerate()) - before), results or "still waiting"


@probe
def refused(module, num_streams, method, stream):
    """Use a stream of a new engine; without a stream, submit to an engine that has been shut down."""
    engine = module.AsyncEngine() if num_streams is None else module.AsyncEngine(num_streams)
    try:
        if stream is None:
            engine.shutdown()
            engine.submit(abs, -1)
        elif method == "submit":
            engine.submit(abs, -1, stream=stream)
        else:
            engine.synchronize(stream)
    finally:
        engine.shutdown()


def submit(name, kind, *args, stream=None):
    return ("submit", name, kind, stream, *args), RETURNED


def let(name):
    return ("let", name), None


def has_begun(name):
    return ("has begun", name), True


def has_not_begun(name):
    return ("has not begun", name), True


def done(name, answer):
    return ("done", name), answer


def wait(name, answer):
    return ("wait", name), answer


def failure(name):
    return f"raised: {name} has failed"


def synchronize(*stream, answer=RETURNED):
    return ("call", "synchronize", *stream), answer


def begin(method, *args):
    """A call that has to wait for something that comes later."""
    return ("begin", method, *args), WAITING


def finish(method, answer=RETURNED):
    return ("finish", method), answer


def assert_play(submission, num_streams, *script):
    """Each step of a play gives what the script says; a script is (step, answer) pairs."""
    answers = submission.run(play, num_streams, [step for step, _answer in script])
    for number, ((step, expected), answer) in enumerate(zip(script, answers, strict=False), start=1):
        what = f"step {number} ({' '.join(map(str, step[:2]))})"
        late, may_wait = (isinstance(one, str) and one == WAITING for one in (answer, expected))
        assert late <= may_wait, f"In a second, {what} should have come back; it still waits."
        assert late >= may_wait, f"It is for a later step to let {what} come back; it came back before."
        if isinstance(expected, torch.Tensor):
            assert_close(answer, expected, what=f"answer to {what}")
        else:
            assert_equal(answer, expected, what=f"answer to {what}")
    assert_equal(len(answers), len(script), what="number of steps")


@pytest.mark.weight(2)
def test_results_come_back(submission, rng):
    """A handle gives the operation's result, as often as it is asked; as an argument it stands for its result."""
    x, y, z = (rng.normal(2, 3) for _ in range(3))
    assert_play(
        submission,
        None,
        submit("sum", "add", x, y),
        submit("more", "add", "sum", z),
        submit("all", "add", "more", x),
        wait("all", 2 * x + y + z),
        wait("sum", x + y),
        wait("sum", x + y),
        wait("more", x + y + z),
        done("all", True),
    )


@pytest.mark.weight(2)
@pytest.mark.needs("results_come_back")
def test_the_program_goes_on(submission, rng):
    """submit returns while the operation runs, `done` answers at once, and nobody needs to wait for it to begin."""
    x, y = rng.normal(3), rng.normal(3)
    assert_play(
        submission,
        1,
        submit("slow", "hold", x),
        has_begun("slow"),
        done("slow", False),
        submit("next", "add", x, y),
        let("slow"),
        wait("next", x + y),
        done("slow", True),
        wait("slow", x),
    )


@pytest.mark.needs("the_program_goes_on")
def test_a_stream_keeps_the_order(submission, rng):
    """On one stream an operation begins when the one before it is done, also if it needs nothing from it."""
    x, y = rng.normal(3), rng.normal(3)
    assert_play(
        submission,
        2,
        submit("first", "hold", x, stream=1),
        has_begun("first"),
        submit("second", "add", y, stream=1),
        submit("other", "add", x, y, stream=0),
        wait("other", x + y),
        has_not_begun("second"),
        let("first"),
        wait("second", y),
        done("first", True),
        submit("third", "add", x, "second", stream=0),
        wait("third", x + y),
    )


@pytest.mark.weight(2)
@pytest.mark.needs("the_program_goes_on")
def test_streams_run_side_by_side(submission, rng):
    """Three operations that wait for each other get through if each has a stream; a slow stream holds up no other."""
    x, y, z = (rng.normal(4) for _ in range(3))
    assert_play(
        submission,
        3,
        submit("a", "meet", x, stream=0),
        submit("b", "meet", y, stream=1),
        submit("c", "meet", z, stream=2),
        wait("a", x + y + z),
        wait("c", x + y + z),
        submit("slow", "hold", x, stream=1),
        submit("quick", "add", y, z, stream=2),
        wait("quick", y + z),
        let("slow"),
        wait("slow", x),
    )


@pytest.mark.weight(2)
@pytest.mark.needs("streams_run_side_by_side")
def test_the_stream_waits_for_arguments(submission, rng):
    """Who needs a result of another stream waits in its own stream, in order; the program and others go on."""
    x, y = rng.normal(2, 2), rng.normal(2, 2)
    assert_play(
        submission,
        3,
        submit("slow", "hold", x, stream=2),
        submit("needs it", "add", "slow", y, stream=0),
        submit("behind", "add", x, y, stream=0),
        submit("free", "add", y, y, stream=1),
        wait("free", 2 * y),
        submit("later", "add", "needs it", "behind", stream=1),
        has_not_begun("behind"),
        done("needs it", False),
        let("slow"),
        wait("later", 2 * x + 2 * y),
        done("behind", True),
    )


@pytest.mark.weight(2)
@pytest.mark.needs("the_stream_waits_for_arguments")
def test_synchronize_waits_for_all(submission, rng):
    """synchronize comes back when the operations of every stream are done."""
    x, y = rng.normal(3), rng.normal(3)
    for slow, quick in ((0, 1), (1, 0)):
        assert_play(
            submission,
            2,
            synchronize(),
            submit("slow", "hold", x, stream=slow),
            submit("behind", "add", x, y, stream=slow),
            submit("quick", "add", y, stream=quick),
            begin("synchronize"),
            let("slow"),
            finish("synchronize"),
            done("behind", True),
            wait("behind", x + y),
            done("quick", True),
        )


@pytest.mark.needs("synchronize_waits_for_all")
def test_synchronize_waits_for_one_stream(submission, rng):
    """synchronize(stream) waits for that stream and for no other, whichever number it has."""
    x, y = rng.normal(3), rng.normal(3)
    assert_play(
        submission,
        2,
        submit("slow", "hold", x, stream=0),
        submit("quick", "hold", y, stream=1),
        begin("synchronize", 1),
        let("quick"),
        finish("synchronize"),
        wait("quick", y),
        begin("synchronize", 0),
        let("slow"),
        finish("synchronize"),
        wait("slow", x),
    )
    assert_play(
        submission,
        2,
        submit("slow", "hold", x, stream=1),
        submit("quick", "add", x, y, stream=0),
        synchronize(0),
        done("quick", True),
        wait("quick", x + y),
        let("slow"),
        synchronize(1),
        done("slow", True),
    )


@pytest.mark.weight(2)
@pytest.mark.needs("the_stream_waits_for_arguments")
def test_errors_come_out_where_somebody_waits(submission, rng):
    """An error comes out of every wait for its handle, not of submit; the stream goes on."""
    x = rng.normal(3)
    assert_play(
        submission,
        1,
        submit("bad", "fail", x),
        submit("good", "add", x, x),
        wait("good", 2 * x),
        done("bad", True),
        wait("bad", failure("bad")),
        wait("bad", failure("bad")),
        submit("after", "add", x, "good"),
        wait("after", 3 * x),
    )


@pytest.mark.weight(2)
@pytest.mark.needs("errors_come_out_where_somebody_waits")
def test_what_depends_on_a_failure_fails(submission, rng):
    """Who needs a result that will not come fails with the same error, on any stream, and does not run."""
    x = rng.normal(3)
    assert_play(
        submission,
        2,
        submit("slow", "hold", x, stream=0),
        submit("bad", "fail", "slow", stream=0),
        submit("needs it", "add", x, "bad", stream=1),
        submit("needs that", "add", "needs it", stream=0),
        submit("free", "add", x, x, stream=1),
        let("slow"),
        wait("needs that", failure("bad")),
        wait("needs it", failure("bad")),
        wait("free", 2 * x),
        done("needs it", True),
        has_not_begun("needs it"),
    )


@pytest.mark.weight(2)
@pytest.mark.needs("synchronize_waits_for_all", "errors_come_out_where_somebody_waits")
def test_synchronize_raises_the_first_error(submission, rng):
    """synchronize raises when all is done: the error of what was submitted first, and only once."""
    x = rng.normal(3)
    assert_play(
        submission,
        2,
        submit("slow", "hold", x, stream=1),
        submit("bad", "fail", stream=1),
        submit("worse", "fail", stream=0),
        wait("worse", failure("worse")),
        begin("synchronize"),
        let("slow"),
        finish("synchronize", failure("bad")),
        synchronize(),
        wait("slow", x),
        submit("again", "fail", stream=1),
        submit("good", "add", x, x, stream=0),
        synchronize(answer=failure("again")),
        wait("good", 2 * x),
        wait("worse", failure("worse")),
    )


@pytest.mark.needs("the_stream_waits_for_arguments")
def test_shutdown_finishes_what_was_submitted(submission, rng):
    """shutdown returns when everything in the queues is done; handles still answer."""
    x, y = rng.normal(3), rng.normal(3)
    assert_play(
        submission,
        2,
        submit("slow", "hold", x, stream=1),
        submit("behind", "add", "slow", y, stream=1),
        begin("shutdown"),
        let("slow"),
        finish("shutdown"),
        done("behind", True),
        wait("behind", x + y),
        (("call", "shutdown"), RETURNED),
    )


@pytest.mark.observed
@pytest.mark.needs("the_program_goes_on")
def test_threads_are_few_and_end(submission):
    """However many operations wait, there are about as many threads as streams, and none after shutdown."""
    alive, left, last = submission.run(threads, 2, 40)
    assert_equal(last, [sum(range(0, 40, 2)), sum(range(1, 40, 2))], what="result of each stream's last operation")
    assert alive <= 4, f"with 40 operations on 2 streams there should be about 2 more threads; there are {alive}"
    assert_equal(left, 0, what="number of threads that are left after shutdown")


@pytest.mark.needs("synchronize_waits_for_one_stream")
def test_refuses_what_makes_no_sense(submission):
    """A stream that does not exist is a ValueError; submit after shutdown is a RuntimeError."""
    for method in ("submit", "synchronize"):
        assert_raises(ValueError, submission.run, refused, 2, method, 2, mentions=("2",))
        assert_raises(ValueError, submission.run, refused, 3, method, -1, mentions=("-1",))
        assert_raises(ValueError, submission.run, refused, None, method, 1, mentions=("1",))
    assert_raises(ValueError, submission.run, play, 0, [], mentions=("0",))
    assert_raises(RuntimeError, submission.run, refused, 1, "submit", None)
