"""Hidden checks of ch13/kv_store."""

import pytest
import torch
from d2l_course.ch13_performance.checks.test_kv_store import WAITING, names, play, shards
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def train(module, start, targets, rounds, rate):
    """Each worker, in a thread of its own, pulls, pushes the gradient of its own loss, and pulls again."""
    from threading import Thread

    store = module.KVStore(len(targets))
    store.init("w", start)
    store.init("b", 2 * start)
    store.set_updater(lambda key, grad, value: value - rate * grad)
    seen, failed = [[] for _ in targets], []

    def work(worker):
        try:
            for _ in range(rounds):
                for key in ("w", "b") if worker % 2 else ("b", "w"):
                    value = store.pull(worker, key)
                    seen[worker].append(float(value.sum()))
                    store.push(worker, key, value - targets[worker])
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=work, args=(worker,), daemon=True) for worker in range(len(targets))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2.0)
        if failed:
            raise failed[0]
        if thread.is_alive():
            return "still waiting"
    return store.pull(0, "w"), store.pull(1, "b"), seen


@probe
def needs_no_graph(module, start, grad):
    """Parameters and gradients that belong to a graph go in; does what comes out?"""
    store = module.KVStore(1)
    store.init("w", torch.nn.Parameter(start))
    first = store.pull(0, "w")
    store.push(0, "w", grad.requires_grad_() * 2)
    second = store.pull(0, "w")
    return first.requires_grad, second.requires_grad, second.detach()


@probe
def after_a_refusal(module, a, b):
    """Push a wrong shape, then the right one, twice."""
    store = module.KVStore(2)
    store.init("w", torch.zeros_like(a))
    for grad in (a[:1], a[:1], a, 100 * a):
        try:
            store.push(0, "w", grad)
        except ValueError:
            continue
    store.push(1, "w", b)
    return store.pull(0, "w")


@pytest.mark.weight(2)
@pytest.mark.needs("who_has_pushed_waits_for_the_round", "one_update_a_round")
def test_threads_train_like_one_program(submission, rng):
    """Four threads, thirty rounds, two keys: the values are those of plain gradient descent, in every round."""
    start = rng.normal(3, 2, dtype=torch.float64, mean=5.0)
    targets, rate = [rng.normal(3, 2, dtype=torch.float64) for _ in range(4)], 0.05
    w, b, history = start, 2 * start, []
    for _ in range(30):
        history.append((float(w.sum()), float(b.sum())))
        w = w - rate * sum(w - target for target in targets)
        b = b - rate * sum(b - target for target in targets)
    found = submission.run(train, start, targets, 30, rate)
    assert_close(found[:2], [w, b], what="list of values at the end")
    expected = [[value for pair in history for value in (pair[::-1] if i % 2 == 0 else pair)] for i in range(4)]
    assert_close(found[2], expected, what="list of values that each worker pulled")


@pytest.mark.needs("one_update_a_round", "async_updates_at_every_push")
def test_an_updater_may_come_later_and_go(submission, rng):
    """With an updater the value is what it returns, also if it works in place; with None, what was pushed."""
    value, (a, b, c) = rng.normal(2, 3), [rng.normal(2, 3) for _ in range(3)]
    steps = [("init", "w", value), ("push", 0, "w", a), ("pull", 0, "w"), ("set_updater", None)]
    steps += [("push", 0, "w", b), ("pull", 0, "w"), ("push", 0, "w", c), ("pull", 0, "w")]
    for mode in ("async", "sync"):
        answers, given = submission.run(play, 1, mode, "in place", steps)
        assert_close(answers, [0.5 * value - a, b, c], what="list of pulled values")
        assert_close(given[0][1:], [a, value], what="gradient and value that the updater was given")


@pytest.mark.needs("who_has_pushed_waits_for_the_round")
def test_a_round_is_over_for_good(submission, rng):
    """In the next round everybody may push again, and a worker that waits is not held up by another that is ahead."""
    w = [rng.normal(4) for _ in range(5)]
    steps = [("init", "w", w[0]), ("push", 0, "w", w[1]), ("push", 1, "w", w[2]), ("pull", 1, "w")]
    steps += [("push", 1, "w", w[3]), ("pull", 0, "w"), ("begin", "pull", 1, "w")]
    steps += [("push", 0, "w", w[4]), ("finish", 0)]
    answers, _given = submission.run(play, 2, "sync", None, steps)
    assert_equal(answers[2], WAITING, what="third answer")
    assert_close([*answers[:2], answers[3]], [w[1] + w[2], w[1] + w[2], w[3] + w[4]], what="list of pulled values")


@pytest.mark.needs("the_store_shares_no_memory")
def test_no_graph_is_kept(submission, rng):
    """What is pulled belongs to no graph, also if a parameter and its gradient went in."""
    start, grad = rng.normal(3), rng.normal(3)
    first, second, value = submission.run(needs_no_graph, start, grad)
    assert_close(value, 2 * grad, what="pulled value")
    assert_equal([first, second], [False, False], what="list of whether pulled values require gradients")


@pytest.mark.needs("shards_are_even_and_everywhere_the_same")
def test_shards_of_any_number_of_servers(submission):
    """Keys are spread evenly over five servers and over eight; one server keeps all."""
    keys = [*names(1000), *(f"{letter}{i}" for letter in "αβ字z" for i in range(500))]
    for servers in (5, 8):
        found = submission.run(shards, keys, servers, "a")
        counts = [found.count(server) for server in range(servers)]
        assert_equal(sum(counts), len(keys), what=f"number of keys on {servers} servers")
        assert min(counts) >= 0.75 * len(keys) / servers, f"{servers} servers should keep about as many; {counts}"
    assert_equal(set(submission.run(shards, keys[:50], 1, "a")) == {0}, True, what="one server's share")
    assert_raises(ValueError, submission.run, shards, keys[:2], 0, "a")


@pytest.mark.needs("refuses_what_makes_no_sense")
def test_refuses_strangers(submission):
    """Workers that do not exist, another mode, no workers, and what makes no sense in mode "async"."""
    w = torch.tensor([1.0, 2.0])
    start = ("init", "bias", w)
    for worker in (2, -1):
        assert_raises(ValueError, submission.run, play, 2, "sync", None, [start, ("push", worker, "bias", w)])
        assert_raises(ValueError, submission.run, play, 2, "sync", None, [start, ("pull", worker, "bias")])
    assert_raises(ValueError, submission.run, play, 0, "sync", None, [start], mentions=("0",))
    assert_raises(KeyError, submission.run, play, 2, "async", None, [start, ("push", 0, "other", w)])
    assert_raises(ValueError, submission.run, play, 2, "async", None, [start, ("push", 0, "bias", w[:1])])
    assert_raises(ValueError, submission.run, play, 2, "sync", None, [start, ("push", 0, "bias", w[None])])


@pytest.mark.needs("refuses_what_makes_no_sense")
def test_a_refused_push_changes_nothing(submission, rng):
    """After a gradient of another shape was refused, the worker can push the right one."""
    a, b = rng.normal(3), rng.normal(3)
    assert_close(submission.run(after_a_refusal, a, b), a + b, what="value after the round")
