"""Public checks of ch13/kv_store."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

WAITING = "still waiting"


@probe
def play(module, num_workers, mode, rule, steps, timeout=5.0):
    """Take steps with a store, and return what the pulls gave and what the updater was given.

    A step is (method, *arguments), or ("begin", method, *arguments) for a call that may have to wait, and
    ("finish", number) to wait for its end. Whatever does not come back in a second is given up.
    """
    from threading import Thread

    given, begun, answers = [], [], []
    rules = {
        "descent": lambda grad, value: value - 0.5 * grad,
        "squares": lambda grad, value: 0.5 * value - grad * grad,
        "in place": lambda grad, value: value.mul_(0.5).sub_(grad),
    }

    def updater(key, grad, value):
        given.append((key, grad.clone(), value.clone()))
        return rules[rule](grad, value)

    def begin(method, arguments):
        ending = []

        def work():
            try:
                ending.append((getattr(store, method)(*arguments), None))
            except BaseException as error:
                ending.append((None, error))

        thread = Thread(target=work, daemon=True)
        thread.start()
        return thread, ending

    def finish(thread, ending, patience):
        thread.join(patience)
        if ending and ending[0][1]:
            raise ending[0][1]
        return ending[0][0] if ending else "still waiting"

    store = module.KVStore(num_workers, mode, timeout)
    if rule:
        store.set_updater(updater)
    for method, *arguments in steps:
        if method == "begin":
            begun.append(begin(arguments[0], arguments[1:]))
            answers.append(finish(*begun[-1], 0.1))
        elif method == "finish":
            answers.append(finish(*begun[arguments[0]], 1.0))
        else:
            answer = finish(*begin(method, arguments), 1.0)
            if isinstance(answer, str):
                answers.append(f"{method} is {answer}")
                break
            if method == "pull":
                answers.append(answer)
    return answers, given


@probe
def reuse(module, start, grad):
    """Write into every tensor that went into the store or came out of it, after the call."""
    store = module.KVStore(2)
    value, mine, other = start.clone(), grad.clone(), grad.clone()
    store.init("w", value)
    value.fill_(100.0)
    first = store.pull(0, "w")
    store.push(0, "w", mine)
    mine.fill_(200.0)
    store.push(1, "w", other)
    other.fill_(300.0)
    second = store.pull(0, "w")
    kept = second.clone()
    second.fill_(400.0)
    return first, kept, store.pull(1, "w")


@probe
def overlap(module, start, first, second):
    """Push from two threads at once; the first update does not end before the second has had its chance to begin."""
    from threading import Event, Thread

    begun, coming, entered, stored = Event(), Event(), Event(), Event()

    def updater(key, grad, value):
        if not begun.is_set():
            begun.set()
            coming.wait(2.0)
            entered.wait(0.3)  # the second update must not begin: nothing else can end this wait
        else:
            entered.set()
            stored.wait(2.0)
        return value - grad

    def push_first():
        store.push(0, "w", first)
        stored.set()

    def push_second():
        begun.wait(2.0)
        coming.set()
        store.push(1, "w", second)

    store = module.KVStore(2, "async")
    store.init("w", start)
    store.set_updater(updater)
    threads = [Thread(target=push_first, daemon=True), Thread(target=push_second, daemon=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3.0)
    return "still waiting" if any(thread.is_alive() for thread in threads) else store.pull(0, "w")


@probe
def shards(module, keys, num_servers, salt):
    """Ask where keys are kept; as in another process, where the hash of the same text is another one."""
    import zlib

    class Key(str):
        def __hash__(self):
            return zlib.crc32((salt + self).encode())

    store = module.KVStore(1)
    return [int(store.shard(Key(key), num_servers)) for key in keys]


def names(layers):
    return [f"net.{i}.{kind}" for i in range(layers) for kind in ("weight", "bias")]


def test_a_round_adds_up_what_all_push(submission):
    """Without an updater, a round of three pushes sets the value to their sum."""
    steps = [("init", "w", torch.tensor([9.0, 9.0]))]
    steps += [("push", i, "w", torch.tensor([1.0, -2.0]) * (i + 1)) for i in (1, 2)]
    steps += [("pull", 0, "w"), ("push", 0, "w", torch.tensor([1.0, -2.0])), ("pull", 0, "w")]
    answers, _given = submission.run(play, 3, "sync", None, steps)
    assert_close(answers, [torch.tensor([9.0, 9.0]), torch.tensor([6.0, -12.0])], what="list of pulled values")


@pytest.mark.weight(2)
@pytest.mark.needs("a_round_adds_up_what_all_push")
def test_one_update_a_round(submission):
    """The updater is called once a round, with the key, the sum of the gradients and the value."""
    steps = [("init", "w", torch.tensor([8.0]))]
    steps += [("push", 0, "w", torch.tensor([1.0])), ("push", 1, "w", torch.tensor([3.0])), ("pull", 1, "w")]
    steps += [("push", 1, "w", torch.tensor([0.5])), ("push", 0, "w", torch.tensor([2.0])), ("pull", 0, "w")]
    answers, given = submission.run(play, 2, "sync", "squares", steps)
    assert_close(answers, [torch.tensor([-12.0]), torch.tensor([-12.25])], what="list of pulled values")
    assert_equal([call[0] for call in given], ["w", "w"], what="list of keys that the updater was given")


@pytest.mark.weight(2)
@pytest.mark.needs("a_round_adds_up_what_all_push")
def test_who_has_pushed_waits_for_the_round(submission):
    """A pull after a push comes back when the last worker has pushed; who has not pushed gets the old value."""
    w = [torch.tensor([float(2**i)]) for i in range(4)]
    steps = [("init", "w", w[3]), ("push", 0, "w", w[0]), ("begin", "pull", 0, "w"), ("pull", 1, "w")]
    steps += [("push", 2, "w", w[2]), ("begin", "pull", 2, "w"), ("push", 1, "w", w[1]), ("finish", 0), ("finish", 1)]
    answers, _given = submission.run(play, 3, "sync", None, steps)
    assert_equal(answers, [WAITING, w[3], WAITING, w[0] + w[1] + w[2], w[0] + w[1] + w[2]], what="list of answers")


@pytest.mark.needs("who_has_pushed_waits_for_the_round")
def test_keys_have_rounds_of_their_own(submission):
    """The round of one key ends, whatever has been pushed for the other."""
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([[5.0]])
    steps = [("init", "a", 10 * a), ("init", "b", 10 * b), ("push", 0, "a", a), ("push", 0, "b", b)]
    steps += [("push", 1, "b", b), ("pull", 0, "b"), ("begin", "pull", 0, "a"), ("pull", 1, "a")]
    steps += [("push", 1, "a", a), ("finish", 0), ("pull", 1, "b")]
    answers, _given = submission.run(play, 2, "sync", "descent", steps)
    assert_equal(answers, [9 * b, WAITING, 10 * a, 9 * a, 9 * b], what="list of answers")


@pytest.mark.weight(2)
def test_async_updates_at_every_push(submission):
    """In mode "async" each push updates at once and nobody waits."""
    steps = [("init", "w", torch.tensor([8.0])), ("push", 1, "w", torch.tensor([1.0])), ("pull", 1, "w")]
    steps += [("push", 1, "w", torch.tensor([2.0])), ("push", 0, "w", torch.tensor([3.0])), ("pull", 0, "w")]
    answers, _given = submission.run(play, 2, "async", "squares", steps)
    assert_close(answers, [torch.tensor([3.0]), torch.tensor([-10.25])], what="list of pulled values")


@pytest.mark.needs("a_round_adds_up_what_all_push")
def test_the_store_shares_no_memory(submission):
    """Writing into a tensor that was pushed, pulled or the first value changes nothing in the store."""
    found = submission.run(reuse, torch.tensor([7.0, 8.0]), torch.tensor([1.0, 2.0]))
    expected = [torch.tensor([7.0, 8.0]), torch.tensor([2.0, 4.0]), torch.tensor([2.0, 4.0])]
    assert_close(found, expected, what="list of pulled values")


@pytest.mark.weight(2)
@pytest.mark.needs("async_updates_at_every_push")
def test_no_update_is_lost(submission):
    """Two threads push at once: the second update starts from the result of the first."""
    found = submission.run(overlap, torch.tensor([10.0]), torch.tensor([1.0]), torch.tensor([4.0]))
    assert_close(found, torch.tensor([5.0]), what="value after both updates")


@pytest.mark.weight(2)
def test_shards_are_even_and_everywhere_the_same(submission):
    """2000 keys are spread over four servers, in every process alike and in whatever order they come."""
    keys = names(1000)
    found = submission.run(shards, keys, 4, "one process")
    counts = [found.count(server) for server in range(4)]
    assert_equal(sum(counts), len(keys), what="number of keys on the servers 0 to 3")
    assert min(counts) >= 400, f"each of four servers should keep about 500 of 2000 keys; they keep {counts}"
    again = submission.run(shards, keys[::-1], 4, "another process")
    assert_equal(again[::-1][:40], found[:40], what="servers of the first 40 keys, as another process sees them")


@pytest.mark.needs("who_has_pushed_waits_for_the_round")
def test_a_round_that_does_not_end_is_given_up(submission):
    """A pull ends with a TimeoutError if the others do not push in time; the round goes on and can still end."""
    w = torch.tensor([2.0, 3.0])
    steps = [("init", "w", w), ("push", 0, "w", w)]
    assert_raises(TimeoutError, submission.run, play, 2, "sync", None, [*steps, ("pull", 0, "w")], 0.05)
    # A store with much time still waits after the tenth of a second in which a hasty one has given up.
    steps += [("begin", "pull", 0, "w"), ("push", 1, "w", w), ("finish", 0)]
    answers, _given = submission.run(play, 2, "sync", None, steps, 4.0)
    assert_equal(answers, [WAITING, 2 * w], what="list of answers")


@pytest.mark.needs("who_has_pushed_waits_for_the_round", "keys_have_rounds_of_their_own")
def test_refuses_what_makes_no_sense(submission):
    """A second value for a key, a second push in a round, another shape and an unknown key are errors."""
    w = torch.tensor([1.0, 2.0])
    start, push = ("init", "bias", w), ("push", 0, "bias", w)

    def refuses(error, *steps):
        assert_raises(error, submission.run, play, 2, "sync", None, [start, *steps], mentions=("bias",))

    refuses(ValueError, start)
    refuses(ValueError, push, push)
    refuses(ValueError, ("push", 0, "bias", torch.tensor([1.0])))
    assert_raises(
        KeyError, submission.run, play, 2, "sync", None, [start, ("push", 0, "other", w)], mentions=("other",)
    )
    assert_raises(KeyError, submission.run, play, 2, "sync", None, [start, ("pull", 0, "other")], mentions=("other",))
    assert_raises(ValueError, submission.run, play, 2, "sync", None, [start, ("push", 2, "bias", w)])
    assert_raises(ValueError, submission.run, play, 2, "lazy", None, [start], mentions=("lazy",))
