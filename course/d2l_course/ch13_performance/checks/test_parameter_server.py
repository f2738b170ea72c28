"""Public checks of ch13/parameter_server.

Nothing here depends on who is faster by chance. A worker can be *slow*: in each gradient it stands still until the
other workers have come as far as a right server lets them, and then a moment more, in which a wrong one may let them go
further. What came of it is read from numbers: each gradient depends on the weights, on the worker and on the clock, so
that all weights handed out show which updates are in them.
"""

import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_close, assert_equal, assert_operations, assert_raises, on_ranks, probe

LR = 0.5
TIMEOUT = 25.0


@probe
def trained(module, here, slope, pulls, ahead, w0, rounds, lr, mode, staleness):
    """The server's answer; a worker's last weights, and the clock and the weights that its gradient was given."""
    if here.rank == 0:
        return module.run_server(w0, rounds, lr, mode, staleness)
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
def in_turn(module, here, slope, pulls, w0, rounds, lr, mode):
    """As `trained`, for two workers: 1 before 2 in each clock, 2 when 1 has been answered."""
    if here.rank == 0:
        return module.run_server(w0, rounds, lr, mode)
    other, given, patient = 3 - here.rank, [], True

    def gradient(w, clock):
        nonlocal patient
        given.append((clock, w.clone()))
        here.tell("begun", len(given))
        goal = len(given) + (here.rank == 2)
        if patient:
            patient = here.hold_back(12.0, lambda: here.told(other, "begun") >= goal, others=[other], quiet=1.0)
        return slope * w - pulls[(len(given) - 1) % rounds]

    last = module.run_worker(torch.full_like(w0, float("nan")), gradient, rounds)
    here.tell("begun", rounds + 1)
    return last, given


@probe
def keeping(module, here, w0, pull, rounds):
    """Name → what tensors hold afterwards, and what they should; and whether those that came back lie apart."""
    if here.rank == 0:
        given = w0.clone()
        found = module.run_server(given, rounds, 0.5, "async")["w"]
        return {"w0": ([given], [w0])}, found.data_ptr() != given.data_ptr()
    kept, copies, like, gradients = [], [], torch.full_like(w0, 7.0), [pull.clone() for _ in range(rounds)]

    def gradient(w, clock):
        kept.append(w)
        copies.append(w.clone())
        return gradients[len(kept) - 1]

    last = module.run_worker(like, gradient, rounds)
    kept.append(last)
    copies.append(last.clone())
    held = {"like": ([like], [torch.full_like(w0, 7.0)]), "the gradients": (gradients, [pull] * rounds)}
    return held | {"the w of each clock": (kept, copies)}, len({w.data_ptr() for w in kept}) == len(kept)


@probe
def refused(module, here, w0, mode, staleness):
    if here.rank == 0:
        module.run_server(w0, 2, 0.5, mode, staleness)


def drawn(rng, workers, rounds, slow=None, ahead=0):
    """The weights at the start, and for each worker the slope and the pulls of its gradients, and how it waits."""
    own = [(rng.uniform(3, 2, low=0.2, high=0.6), rng.normal(rounds, 3, 2)) for _ in range(workers)]
    each = [(*pair, ahead if rank == slow else None) for rank, pair in enumerate(own, 1)]
    return rng.normal(3, 2), [(None, None, None), *each]


def one_by_one(w0, each, rounds):
    """The weights after each round of one process that takes the mean of all gradients."""
    weights = [w0]
    for clock in range(rounds):
        gradients = [slope * weights[-1] - pulls[clock] for slope, pulls, *_ in each[1:]]
        weights.append(weights[-1] - LR * torch.stack(gradients).mean(0))
    return weights


def assert_in_step(answers, weights, rounds):
    """All workers compute each round's gradients on the weights of the round before, and get the last ones."""
    server, *workers = answers.values
    for rank, (last, given) in enumerate(workers, 1):
        assert_equal([clock for clock, _ in given], list(range(rounds)), what=f"clocks of worker {rank}'s gradients")
        for clock, w in given:
            assert_close(w, weights[clock], what=f"weights that worker {rank} is given at clock {clock}")
        assert_close(last, weights[-1], what=f"weights that worker {rank} returns")
    assert_close(part_of(server, "w"), weights[-1], what="weights that the server returns")


def part_of(server, key):
    """A value of the dictionary that the server returns."""
    if not isinstance(server, dict) or key not in server:
        raise CheckFailed('run_server should return a dictionary with "w" and "log".', f"It returned {server!r:.200}.")
    return server[key]


def entries(server, workers, rounds):
    """The log, if it has each worker's clocks once and in order."""
    log = part_of(server, "log")
    whole = isinstance(log, list | tuple) and all(isinstance(entry, list | tuple) and len(entry) == 4 for entry in log)
    if not whole or not all(type(number) is int for entry in log for number in entry):
        raise CheckFailed("The log should be a list of tuples of four whole numbers.", f"It is {log!r:.300}.")
    for worker in range(1, workers + 1):
        clocks = [clock for who, clock, _, _ in log if who == worker]
        assert_equal(clocks, list(range(rounds)), what=f"clocks of worker {worker} in the log {log}")
    assert_equal(len(log), workers * rounds, what=f"number of entries of the log {log}")
    return log


def replayed(answers, w0, each, rounds, lr=LR):
    """The log, if every number that was handed out follows from it, each gradient being applied by itself."""
    server, *workers = answers.values
    log = entries(server, len(workers), rounds)
    assert_equal([applied for *_, applied in log], list(range(1, len(log) + 1)), what="versions applied in the log")
    weights = [w0]
    for worker, clock, seen, applied in log:
        if not 0 <= seen < applied:
            raise CheckFailed(
                "A gradient should be computed on a version that is there before it is applied.",
                f"The log has {(worker, clock, seen, applied)}.",
            )
        slope, pulls, *_ = each[worker]
        weights.append(weights[-1] - lr / len(workers) * (slope * weights[seen] - pulls[clock]))
    for worker, clock, seen, _ in log:
        number, w = workers[worker - 1][1][clock]
        assert_equal(number, clock, what=f"clock that worker {worker}'s gradient number {clock} is given")
        what = f"weights that worker {worker} is given at clock {clock}, version {seen} in the log {log}"
        assert_close(w, weights[seen], what=what)
    assert_close(part_of(server, "w"), weights[-1], what="weights that the server returns")
    for worker, (last, _) in enumerate(workers, 1):
        after = applied_at(log, worker, rounds - 1)
        if not any(alike(last, w) for w in weights[after:]):  # the answer to its last gradient may hold later updates
            assert_close(last, weights[after], what=f"weights that worker {worker} returns, version {after} or later")
    return log


def alike(actual, expected):
    """Whether two weights are the same but for rounding."""
    if not isinstance(actual, torch.Tensor) or (actual.shape, actual.dtype) != (expected.shape, expected.dtype):
        return False
    return torch.allclose(actual, expected, rtol=1e-4, atol=1e-5)


def applied_at(log, worker, clock):
    """The version that first holds a worker's gradient of a clock; 0 if there is no such clock."""
    return next((applied for who, number, _, applied in log if (who, number) == (worker, clock)), 0)


def assert_staleness(log, workers, rounds, staleness, slow):
    """Nobody begins a clock too early, and nobody waits for the slow one longer than it must."""
    for worker, clock, seen, _ in log:
        for other in range(1, workers + 1):
            if clock > staleness and seen < applied_at(log, other, clock - staleness - 1):
                raise CheckFailed(
                    f"With staleness {staleness}, worker {worker} may begin clock {clock} when worker {other}'s "
                    f"gradient of clock {clock - staleness - 1} has been applied.",
                    f"It began on version {seen}, which does not hold that. The log is {log}.",
                )
        if worker != slow and seen >= applied_at(log, slow, max(clock - staleness, 0)):
            raise CheckFailed(
                f"With staleness {staleness}, worker {worker} may begin clock {clock} while worker {slow} is still in "
                f"clock {max(clock - staleness, 0)}.",
                f"It was answered only when that was over. The log is {log}.",
                help="A clock counts a worker's own gradients. The slowest is the one with the fewest applied.",
            )


def assert_not_held_up(log, slow, rounds):
    """All other workers' gradients come before the first of the slow one, which stood still until they had ended."""
    first = applied_at(log, slow, 0)
    for worker, clock, seen, applied in log:
        if worker != slow and (applied > first or seen >= first):
            raise CheckFailed(
                f'In mode "async", worker {worker} should get through all {rounds} clocks while worker {slow} is still '
                "in its first gradient.",
                f"Its clock {clock} had to wait for worker {slow}. The log is {log}.",
                help="Take gradients as they come, from whichever worker, and answer each at once.",
            )


@pytest.mark.weight(3)
def test_mean_of_each_round(submission, rng):
    """Mode "sync", two workers, three rounds: weights are those of one process that takes the mean of gradients."""
    w0, each = drawn(rng, 2, 3, slow=2)
    answers = on_ranks(submission, 3, trained, w0, 3, LR, "sync", 0, each=each, timeout=TIMEOUT)
    assert_in_step(answers, one_by_one(w0, each, 3), 3)


@pytest.mark.needs("mean_of_each_round")
def test_log_of_rounds(submission, rng):
    """Mode "sync", two workers: both gradients of a round see the same version, and are in the same next one."""
    w0, each = drawn(rng, 2, 2, slow=2)
    answers = on_ranks(submission, 3, trained, w0, 2, LR, "sync", 0, each=each, timeout=TIMEOUT)
    log = entries(answers.values[0], 2, 2)
    for entry in log:
        assert_equal(tuple(entry[2:]), (entry[1], entry[1] + 1), what=f"versions of {entry} in the log {log}")


@pytest.mark.weight(2)
@pytest.mark.needs("mean_of_each_round")
def test_each_gradient_by_itself(submission, rng):
    """Mode "async", two workers in turn: all weights follow from the log, which tells what each gradient has seen."""
    w0, each = drawn(rng, 2, 3)
    own = [(slope, pulls) for slope, pulls, _ in each]
    answers = on_ranks(submission, 3, in_turn, w0, 3, LR, "async", each=own, timeout=TIMEOUT)
    replayed(answers, w0, each, 3)


@pytest.mark.weight(3)
@pytest.mark.needs("each_gradient_by_itself")
def test_nobody_waits_for_a_slow_worker(submission, rng):
    """Mode "async": worker 2 gets through its three clocks while worker 1 is in its first gradient."""
    w0, each = drawn(rng, 2, 3, slow=1, ahead=3)
    answers = on_ranks(submission, 3, trained, w0, 3, LR, "async", 0, each=each, timeout=TIMEOUT)
    assert_not_held_up(replayed(answers, w0, each, 3), 1, 3)


@pytest.mark.weight(3)
@pytest.mark.needs("each_gradient_by_itself")
def test_one_clock_ahead(submission, rng):
    """Mode "ssp" with staleness 1: the fast worker is one clock ahead of the slow one, never two."""
    w0, each = drawn(rng, 2, 4, slow=1, ahead=1)
    answers = on_ranks(submission, 3, trained, w0, 4, LR, "ssp", 1, each=each, timeout=TIMEOUT)
    assert_staleness(replayed(answers, w0, each, 4), 2, 4, 1, slow=1)


@pytest.mark.observed
@pytest.mark.needs("mean_of_each_round")
def test_only_messages(submission, rng):
    """Ranks use send and recv, and no collective."""
    w0, each = drawn(rng, 2, 1, slow=2)
    answers = on_ranks(submission, 3, trained, w0, 1, LR, "sync", 0, each=each, timeout=TIMEOUT)
    assert_operations(answers, {"send", "recv"})


@pytest.mark.needs("mean_of_each_round")
def test_memory_of_its_own(submission, rng):
    """What is handed over is left as it is; each w that gradient is given keeps its numbers."""
    w0, pull = rng.normal(3, 2), rng.normal(3, 2)
    for rank, (held, apart) in enumerate(on_ranks(submission, 2, keeping, w0, pull, 3, timeout=TIMEOUT).values):
        for name, (found, expected) in held.items():
            for now, before in zip(found, expected, strict=True):
                assert_equal(now, before, what=f"numbers of {name} on rank {rank} afterwards")
        assert_equal(apart, True, what=f"whether weights on rank {rank} lie in memory of their own")


@pytest.mark.needs("mean_of_each_round")
def test_refuses_what_cannot_be(submission, rng):
    """An unknown mode and a negative staleness: a ValueError on the server, before anything is sent."""
    w0 = rng.normal(3, 2)
    for mode, staleness, named in (("hogwild", 0, "hogwild"), ("ssp", -1, "-1")):
        assert_raises(ValueError, on_ranks, submission, 2, refused, w0, mode, staleness, mentions=(named,))
