"""Hidden checks of ch13/parameter_server.

As in the public ones, a slow worker stands still in each gradient until the others have come as far as they may.
"""

import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_close, assert_equal, on_ranks, probe

LR = 0.3
TIMEOUT = 25.0


@probe
def trained(module, here, slope, pulls, ahead, w0, rounds, lr, mode, staleness):
    """The server's answer; a worker's last weights, and the clock and the weights that its gradient was given."""
    if here.rank == 0:  # a staleness of 0 is the default
        return module.run_server(w0, rounds, lr, mode, **({"staleness": staleness} if staleness else {}))
    fast = [rank for rank in range(1, here.world_size) if rank != here.rank]
    given, patient = [], True

    def gradient(w, clock):
        nonlocal patient
        given.append((clock, w.clone()))
        here.tell("begun", len(given))
        if ahead is not None:
            goal = min(len(given) + ahead, rounds + (mode == "async"))
            if patient:  # nothing moves for a second: they never will come so far, and need not be waited for again
                patient = here.hold_back(
                    12.0, lambda: all(here.told(rank, "begun") >= goal for rank in fast), others=fast, quiet=1.0
                )
            here.hold_back(1.0, others=fast, quiet=0.05)
        return slope * w - pulls[(len(given) - 1) % rounds]

    last = module.run_worker(torch.full_like(w0, float("nan")), gradient, rounds)
    here.tell("begun", rounds + 1)
    return last, given


@probe
def turned(module, here, w0, pull):
    """Weights and gradients that are not contiguous, one worker alone, and no round at all."""
    if here.rank == 0:
        return [module.run_server(w0.T, rounds, 0.5, "async")["w"] for rounds in (2, 0)]
    like = torch.zeros_like(w0.T.contiguous())
    return [module.run_worker(like, lambda w, clock: (w.T.contiguous() - pull).T, rounds) for rounds in (2, 0)]


def drawn(rng, workers, rounds, slow, ahead, dtype=torch.float32):
    """The weights at the start, and for each worker the slope and the pulls of its gradients, and how it waits."""
    each = [(None, None, None)]
    for rank in range(1, workers + 1):
        slope = rng.uniform(2, 3, low=0.2, high=0.6, dtype=dtype)
        each.append((slope, rng.normal(rounds, 2, 3, dtype=dtype), ahead if rank == slow else None))
    return rng.normal(2, 3, dtype=dtype), each


def applied_at(log, worker, clock):
    """The version that first holds a worker's gradient of a clock; 0 if there is no such clock."""
    return next((applied for who, number, _, applied in log if (who, number) == (worker, clock)), 0)


def assert_follows(answers, w0, each, rounds):
    """The log, if all numbers follow from it."""
    server, *workers = answers.values
    log = server["log"]
    pairs = [(worker, clock) for worker in range(1, len(each)) for clock in range(rounds)]
    assert_equal(sorted(tuple(entry[:2]) for entry in log), pairs, what=f"workers and clocks of the log {log}")
    weights = [w0]
    for worker, clock, seen, _ in log:
        slope, pulls, _ = each[worker]
        weights.append(weights[-1] - LR / len(workers) * (slope * weights[min(seen, len(weights) - 1)] - pulls[clock]))
    for worker, clock, seen, _ in log:
        what = f"weights that worker {worker} is given at clock {clock}, version {seen} in the log {log}"
        assert_close(workers[worker - 1][1][clock][1], weights[seen], dtype=True, what=what)
    assert_close(server["w"], weights[-1], dtype=True, what="weights that the server returns")
    return log


def assert_bound(log, workers, staleness, slow):
    """Nobody begins a clock too early, and nobody waits for the slow one longer than it must."""
    for worker, clock, seen, _ in log:
        begins = [applied_at(log, other, clock - staleness - 1) for other in range(1, workers + 1) if clock > staleness]
        if seen < max(begins, default=0) or (
            worker != slow and seen >= applied_at(log, slow, max(clock - staleness, 0))
        ):
            raise CheckFailed(
                f"With staleness {staleness}, a worker should begin clock {clock} when all gradients of clock "
                f"{clock - staleness - 1} have been applied, and no later.",
                f"Worker {worker} began it on version {seen}. The log is {log}.",
            )


@pytest.mark.needs("each_gradient_by_itself")
def test_no_clock_ahead(submission, rng):
    """Mode "ssp" with staleness 0, the default: all workers go in step."""
    slow = rng.integers(1, 3)
    w0, each = drawn(rng, 2, 3, slow, 0)
    answers = on_ranks(submission, 3, trained, w0, 3, LR, "ssp", 0, each=each, timeout=TIMEOUT)
    log = assert_follows(answers, w0, each, 3)
    assert_equal([applied for *_, applied in log], [1, 2, 3, 4, 5, 6], what="versions applied")
    assert_bound(log, 2, 0, slow)


@pytest.mark.weight(2)
@pytest.mark.needs("one_clock_ahead")
def test_two_fast_workers_ahead_of_a_slow_one(submission, rng):
    """Mode "ssp", three workers: both fast ones are ahead by so many of their own clocks, whatever others do."""
    staleness, slow = rng.integers(1, 3), rng.integers(1, 4)
    w0, each = drawn(rng, 3, 4, slow, staleness)
    answers = on_ranks(submission, 4, trained, w0, 4, LR, "ssp", staleness, each=each, timeout=TIMEOUT)
    assert_bound(assert_follows(answers, w0, each, 4), 3, staleness, slow)


@pytest.mark.needs("nobody_waits_for_a_slow_worker")
def test_whoever_is_slow(submission, rng):
    """Mode "async", three workers in double precision: neither the last nor the middle one holds up the others."""
    slow = rng.integers(2, 4)
    w0, each = drawn(rng, 3, 2, slow, 2, torch.float64)
    answers = on_ranks(submission, 4, trained, w0, 2, LR, "async", 0, each=each, timeout=TIMEOUT)
    log = assert_follows(answers, w0, each, 2)
    assert_equal(
        [worker == slow for worker, *_ in log], [False] * 4 + [True] * 2, what=f"who is slow, in the log {log}"
    )


@pytest.mark.needs("each_gradient_by_itself")
def test_tensors_that_are_not_contiguous(submission, rng):
    """Transposed weights and gradients, one worker alone; and with no round at all both get the first weights."""
    w0, pull = rng.normal(2, 3), rng.normal(2, 3)
    after = w0.T
    for _ in range(2):
        after = after - 0.5 * (after - pull.T)
    for rank, (trained_twice, never) in enumerate(on_ranks(submission, 2, turned, w0, pull, timeout=TIMEOUT).values):
        assert_close(trained_twice, after, what=f"weights that rank {rank} returns after two rounds")
        assert_close(never, w0.T, what=f"weights that rank {rank} returns without a round")
