"""Public checks of ch13/dag_executor."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

WAITING = "still waiting"


@probe
def play(module, tasks, num_workers):
    """Run a graph of tasks {name: (kind, value, dependencies)}, and say what happened.

    An operation returns its value plus a half of the first result that it is given, a third of the second, and so on.
    By its kind, it first waits for another task to end ("until NAME"), or to have as many of its kind running as
    there are workers, and then a moment for one more ("meet"); or it fails ("fail", also "fail until NAME"); or it
    gives None ("none"). So nothing here depends on how fast anything goes.
    """
    from threading import Barrier, BrokenBarrierError, Event, Lock, Thread
    from time import perf_counter, sleep

    patience = 0.8  # seconds, for what has to come
    lock, meeting = Lock(), Barrier(max(num_workers, 1))
    ended, times, running = {name: Event() for name in tasks}, {}, set()
    seen = {"results": {}, "raised": "", "runs": dict.fromkeys(tasks, 0), "too many": 0}
    faults, untrue = set(), {}  # of the run; of its records, what is said of which tasks

    def wait_for_others(name, kind):
        before, _, other = kind.partition("until ")
        if other and not ended[other].wait(patience):
            faults.add(f"{name} runs, and {other} could, but does not")
        if kind == "meet":
            try:
                meeting.wait(patience)
            except BrokenBarrierError:
                faults.add(f"fewer than {num_workers} tasks run at the same time")
            for _ in range(20):  # others get their turn as often: so does who can go on, however busy the machine is
                witness = Thread(target=sleep, args=(0.002,))
                witness.start()
                witness.join()
                seen["too many"] = max(seen["too many"], len(running) - num_workers)
        if before.startswith("fail"):
            raise ArithmeticError(f"{name} has failed")

    def operation(name, kind, value, dependencies):
        def op(*given):
            with lock:
                running.add(name)
                seen["runs"][name] += 1
                if not all(ended[other].is_set() for other in dependencies):
                    faults.add(f"{name} begins too early")
            begin = perf_counter()
            try:
                wait_for_others(name, kind)
                parts = [one / rank for rank, one in enumerate(given, start=2) if one is not None]
                return None if kind == "none" else sum(parts, value)
            finally:
                with lock:
                    running.discard(name)
                times[name] = begin, perf_counter()
                ended[name].set()

        return op

    def work():
        try:
            answers.append(module.run_graph(graph, num_workers))
        except BaseException as error:
            failed.append(error)

    graph = {name: (operation(name, *task), list(task[2])) for name, task in tasks.items()}
    answers, failed = [], []
    thread = Thread(target=work, daemon=True)
    thread.start()
    so_far = -1
    while thread.is_alive() and so_far < len(times):  # as long as tasks come to their end
        so_far = len(times)
        thread.join(1.5 * patience)
    if thread.is_alive():
        return "still waiting"
    if failed and not isinstance(failed[0], ArithmeticError):
        if not times or not isinstance(failed[0], ValueError):
            raise failed[0]
        faults.add("tasks were run before the call refused the graph")
    elif failed:
        seen |= {"raised": str(failed[0]), "results": getattr(failed[0], "partial", "no attribute `partial`")}
    else:
        seen["results"], records = answers[0]
        spans = {name: (start, end) for name, start, end in records}
        if sorted(name for name, _start, _end in records) != sorted(times):
            untrue["there is not one for each task"] = set()
            spans = {}
        for name, (start, end) in spans.items():
            if start > end:
                untrue.setdefault("ends before it starts", set()).add(name)
            if start > times[name][0]:
                untrue.setdefault("starts when it has begun already", set()).add(name)
            if end < times[name][1]:
                untrue.setdefault("ends when it still runs", set()).add(name)
            if any(spans[other][1] > start for other in tasks[name][2]):
                untrue.setdefault("starts before the end of what it depends on", set()).add(name)
            if sum(begin <= start < until for begin, until in spans.values()) > num_workers:
                untrue[f"more than {num_workers} run at the same time"] = set()
            for other in spans if num_workers == 1 else ():
                if times[other][0] > times[name][1] > spans[other][0]:
                    untrue.setdefault("starts when another task still runs", set()).add(other)
    if isinstance(seen["results"], dict):  # in an order that does not depend on who was done first
        seen["results"] = dict(sorted(seen["results"].items()))
    # Of which tasks something is untrue hangs on who came first, and tells nothing of the mistake.
    where = [" ".join([*sorted(untrue[what]), what]) for what in sorted(untrue)]
    return seen | {"faults": sorted(faults), "untrue": sorted(untrue), "where": where}


def task(value, *dependencies, kind="add"):
    return kind, value, list(dependencies)


def computed(tasks, *without):
    """The results in plain Python, without some tasks and what depends on them."""
    results = {}
    for _ in tasks:
        for name, (kind, value, dependencies) in tasks.items():
            if name not in without and all(other in results for other in dependencies):
                given = [results[other] for other in dependencies]
                parts = [one / rank for rank, one in enumerate(given, start=2) if one is not None]
                results[name] = None if kind == "none" else sum(parts, value)
    return results


def run(submission, tasks, num_workers):
    """What a play found; that its call ends, and that it used its workers, is checked here."""
    found = submission.run(play, tasks, num_workers)
    assert found != WAITING, "The call should come to an end. Nothing runs any more, and it still waits."
    assert not found["faults"], f"A run with {num_workers} workers went wrong: {found['faults']}"
    return found


@pytest.mark.weight(2)
def test_results_of_a_graph(submission, rng):
    """Every task is called with the results of what it depends on, in the order in which they are named."""
    a, b, c, d = (rng.normal(2, 3) for _ in range(4))
    tasks = {"a": task(a), "b": task(b, "a"), "c": task(c, "b"), "d": task(d, "c", "a"), "alone": task(a)}
    assert_close(run(submission, tasks, 1)["results"], computed(tasks), what="results")


@pytest.mark.needs("results_of_a_graph")
def test_in_whatever_order_they_are_listed(submission, rng):
    """One worker is enough for a graph that is listed backwards."""
    a, b, c, d = (rng.normal(3) for _ in range(4))
    tasks = {"d": task(d, "c", "b"), "c": task(c, "b"), "b": task(b, "a"), "a": task(a)}
    for num_workers in (1, 2):
        assert_close(run(submission, tasks, num_workers)["results"], computed(tasks), what="results")


@pytest.mark.needs("in_whatever_order_they_are_listed")
def test_every_task_runs_once(submission, rng):
    """A task that many depend on is run once, and so is one on which nothing depends."""
    root, x = rng.normal(3), rng.normal(3)
    tasks = {"root": task(root), **{f"middle {i}": task(i * x, "root") for i in range(3)}, "alone": task(x)}
    tasks["last"] = task(x, "middle 0", "middle 1", "middle 2", "root")
    found = run(submission, tasks, 3)
    assert_close(found["results"], computed(tasks), what="results", trivial=True)
    assert_equal(found["runs"], dict.fromkeys(tasks, 1), what="number of runs of each task")


@pytest.mark.weight(2)
@pytest.mark.needs("every_task_runs_once")
def test_as_many_at_the_same_time_as_there_are_workers(submission, rng):
    """Six independent tasks keep three workers busy, and never more run at the same time."""
    for num_workers in (3, 1):
        tasks = {f"task {i}": task(rng.normal(2), kind="meet") for i in range(2 * num_workers)}
        tasks["last"] = task(rng.normal(2), *tasks)
        found = run(submission, tasks, num_workers)
        assert_close(found["results"], computed(tasks), what="results")
        assert found["too many"] == 0, (
            f"At most {num_workers} should run at the same time, not {found['too many']} more."
        )


@pytest.mark.weight(3)
@pytest.mark.needs("every_task_runs_once")
def test_who_can_run_does_not_wait(submission, rng):
    """While one of two workers is busy with a long task, the other does all that can be done, chains of tasks too."""
    x, y, z = (rng.normal(3) for _ in range(3))
    chain = {"first": task(x), "second": task(y, "first"), "third": task(z, "second")}
    for tasks in (
        {"long": task(x, kind="until other"), "short": task(y), "other": task(z)},
        {**chain, "long": task(x, kind="until second")},
        {"long": task(x, kind="until third"), **chain},
        {"long": task(x, kind="until third"), "needs long": task(y, "long"), **chain},
    ):
        assert_close(run(submission, tasks, 2)["results"], computed(tasks), what="results")


@pytest.mark.weight(2)
@pytest.mark.needs("who_can_run_does_not_wait")
def test_a_failure_stops_what_depends_on_it(submission, rng):
    """Everything else is run, and then the error raised, with all results that there are as its `partial`."""
    x, y = rng.normal(3), rng.normal(3)
    tasks = {
        "bad": task(x, kind="fail"),
        "needs bad": task(x, "good", "bad"),
        "needs that": task(x, "needs bad"),
        "good": task(x),
        "long": task(y, kind="until later"),
        "later": task(y, "good"),
        "last": task(y, "later", "long"),
    }
    found = run(submission, tasks, 2)
    assert_equal(found["raised"], "bad has failed", what="error")
    assert_close(found["results"], computed(tasks, "bad"), what="partial results")
    ran = {name: int(name not in ("needs bad", "needs that")) for name in tasks}
    assert_equal(found["runs"], ran, what="number of runs of each task")


@pytest.mark.needs("a_failure_stops_what_depends_on_it")
def test_the_failure_listed_first_is_raised(submission, rng):
    """Of several tasks that fail, the one that is listed first decides, not the one that fails first."""
    x = rng.normal(3)
    tasks = {"needs": task(x, "first"), "first": task(x, kind="fail until second"), "good": task(x)}
    tasks["second"] = task(x, "good", kind="fail")
    found = run(submission, tasks, 2)
    assert_equal(found["raised"], "first has failed", what="error")
    assert_close(found["results"], {"good": x}, what="partial results")


@pytest.mark.weight(2)
@pytest.mark.needs("as_many_at_the_same_time_as_there_are_workers")
def test_records_are_true(submission, rng):
    """Each task runs within the time recorded for it, after those it depends on, with no more others than workers."""
    x = rng.normal(3)
    for num_workers in (1, 2):
        tasks = {f"task {i}": task(x, kind="meet") for i in range(4)}
        tasks |= {"one": task(x, *tasks), "other": task(x, "task 0"), "last": task(x, "other", "one")}
        found = run(submission, tasks, num_workers)
        assert_close(found["results"], computed(tasks), what="results")
        assert not found["untrue"], f"The records should be true, but of these {'; '.join(found['where'])}."


@pytest.mark.needs("in_whatever_order_they_are_listed")
def test_refuses_circles(submission, rng):
    """Tasks that wait for each other are a ValueError that names them, before anything is run."""
    x = rng.normal(2)
    circle = {"before": task(x), "egg": task(x, "hen"), "hen": task(x, "before", "chick"), "chick": task(x, "egg")}
    circle["behind"] = task(x, "hen")
    assert_raises(ValueError, run, submission, circle, 2, mentions=("egg", "hen", "chick"))
    assert_raises(ValueError, run, submission, {"a": task(x), "selfish": task(x, "selfish")}, 1, mentions=("selfish",))


@pytest.mark.needs("in_whatever_order_they_are_listed")
def test_refuses_what_does_not_exist(submission, rng):
    """An unknown dependency and fewer than one worker are ValueErrors that name them, before anything is run."""
    x = rng.normal(2)
    tasks = {"a": task(x), "b": task(x, "a", "stranger")}
    assert_raises(ValueError, run, submission, tasks, 2, mentions=("stranger",))
    for num_workers in (0, -1):
        assert_raises(ValueError, run, submission, {"a": task(x)}, num_workers, mentions=(str(num_workers),))
