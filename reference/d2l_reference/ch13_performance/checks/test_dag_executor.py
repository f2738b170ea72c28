"""Hidden checks of ch13/dag_executor."""

import pytest
import torch
from d2l_course.ch13_performance.checks.test_dag_executor import computed, run, task
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def two_graphs(module, x, y):
    """Run a graph inside of a task of another one, with the same names; then the outer one again with another x."""
    from threading import Thread

    def inner():
        graph = {"a": (lambda: y, []), "b": (lambda a: 2 * a, ["a"])}
        return module.run_graph(graph, 1)[0]["b"]

    def work():
        try:
            for value in (x, 10 * x):
                graph = {"a": (lambda value=value: value, []), "b": (lambda a: inner() + a, ["a"])}
                found.append(module.run_graph(graph, 1)[0])
        except BaseException as error:
            failed.append(error)

    found, failed = [], []
    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(1.0)
    if failed:
        raise failed[0]
    return found


@probe
def left_behind(module, x, bad):
    """A graph after it was run, twice, and the number of threads that are left."""
    import threading

    def fail(*given):
        raise ArithmeticError("failed")

    before = set(threading.enumerate())
    graph = {"last": (lambda a, b: a - b, ["a", "b"]), "a": (lambda: 3 * x, []), "b": (lambda a: a - x, ["a"])}
    if bad:
        graph["bad"] = (fail, ["a"])
    shape = {name: list(dependencies) for name, (_op, dependencies) in graph.items()}
    results = []
    for _ in range(2):
        try:
            results.append(module.run_graph(graph, 3)[0]["last"])
        except ArithmeticError as error:
            results.append(error.partial["last"])
    for thread in set(threading.enumerate()) - before:
        thread.join(0.2)
    left = len(set(threading.enumerate()) - before)
    return results, shape == {name: dependencies for name, (_op, dependencies) in graph.items()}, left


def draw(rng, count, width):
    """A graph in which about `width` tasks can run at the same time, listed in any order."""
    tasks = {}
    for i in range(count):
        earlier = rng.permutation(max(i - width, 0)).tolist()
        dependencies = [f"task {j}" for j in earlier[: rng.integers(0, 4)]]
        tasks[f"task {i}"] = task(rng.normal(3, dtype=torch.float64), *dependencies)
    return {f"task {i}": tasks[f"task {i}"] for i in rng.permutation(count).tolist()}


@pytest.mark.weight(3)
@pytest.mark.needs("every_task_runs_once")
def test_any_graph(submission, rng):
    """Results of graphs drawn at random, wide and narrow; every task runs once."""
    for count, width, num_workers in ((25, 4, 3), (15, 1, 1), (20, 10, 8), (1, 1, 4)):
        tasks = draw(rng, count, width)
        found = run(submission, tasks, num_workers)
        assert_close(found["results"], computed(tasks), what="results")
        assert_equal(found["runs"], dict.fromkeys(tasks, 1), what="number of runs of each task")


@pytest.mark.needs("every_task_runs_once")
def test_results_and_dependencies_of_any_kind(submission, rng):
    """None is a result, a dependency may be named twice, and a graph may be empty."""
    x, y = rng.normal(3), rng.normal(3)
    results = run(submission, {"nothing": task(x, kind="none"), "a": task(x, "nothing")}, 2)["results"]
    assert_close(results.pop("a", None), x, what="result that depends on None")
    assert_equal(results, {"nothing": None}, what="other results")
    tasks = {"a": task(x), "b": task(y, "a", "a"), "c": task(x, "b", "a", "b")}
    assert_close(run(submission, tasks, 2)["results"], computed(tasks), what="results")
    empty = run(submission, {}, 2)
    assert_equal([empty["results"], empty["untrue"]], [{}, []], what="results of an empty graph")


@pytest.mark.needs("the_failure_listed_first_is_raised")
def test_failures_of_any_kind(submission, rng):
    """A task is not run if any of its dependencies has failed, and runs if all is well, also with one worker."""
    for num_workers in (1, 2):
        x, y = rng.normal(2), rng.normal(2)
        tasks = {
            "end": task(x, "both", "good"),
            "both": task(y, "bad", "worse"),
            "good": task(y, "a", "b"),
            "half": task(x, "worse", "good"),
            "worse": task(x, "a", kind="fail"),
            "bad": task(x, "a", kind="fail"),
            "a": task(x),
            "b": task(y, "a"),
        }
        found = run(submission, tasks, num_workers)
        assert_equal(found["raised"], "worse has failed", what="error")
        assert_close(found["results"], computed(tasks, "bad", "worse"), what="partial results")
        ran = {name: int(name not in ("end", "both", "half")) for name in tasks}
        assert_equal(found["runs"], ran, what="number of runs of each task")


@pytest.mark.needs("every_task_runs_once")
def test_graphs_do_not_meet(submission, rng):
    """A graph may be run inside of another one, and again: nothing of one run is seen in the next."""
    x, y = rng.normal(3), rng.normal(3)
    expected = [{"a": x, "b": 2 * y + x}, {"a": 10 * x, "b": 2 * y + 10 * x}]
    assert_close(submission.run(two_graphs, x, y), expected, what="list of results")


@pytest.mark.observed
@pytest.mark.needs("a_failure_stops_what_depends_on_it")
def test_nothing_is_left_behind(submission, rng):
    """The graph is as it was and can be run again; threads that were started have ended, also after a failure."""
    x = rng.normal(3)
    for bad in (False, True):
        results, unchanged, left = submission.run(left_behind, x, bad)
        assert_close(results, [x, x], what="list of results")
        assert_equal(unchanged, True, what="graph being unchanged")
        assert_equal(left, 0, what="number of threads that are left")
