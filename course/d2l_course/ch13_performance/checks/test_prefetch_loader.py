"""Public checks of ch13/prefetch_loader."""

import pytest
import torch
from d2l_kit.checks import assert_equal, assert_raises, probe

PASS, NEXT, REST, CLOSE, THREADS = "pass", "next", "rest", "close", "threads"
THE_END = "the end"
PAUSE = ("more", 100)


@probe
def session(module, items, depth, steps, fails_at=None, held=(), device="cpu"):
    """Use a loader over a source of `items`, step by step.

    Returns what came of each step, whether more than depth + 1 items were ever taken ahead of the consumer, and the
    largest number of items that the source was asked for at once.

    The source raises instead of giving item number `fails_at`, and does not finish loading the items in `held` before
    the consumer has all items before them. The steps are

        "pass"          iter(loader)
        "next"          next of that iterator: the item, or how it ended
        "rest"          the same until it ends
        ("begun", n)    wait until the source has been asked for n items in this pass: the number, at most n;
                        if it is not, nothing more is done
        ("more", n)     wait a little whether it is asked for more than n items: whether it was
        "close"         loader.close()
        "threads"       wait until no thread of the loader is left: their number

    depth=None leaves depth and device out. Nothing is decided by how fast things are: time-outs only end what would
    wait for ever.
    """
    import threading

    from torch.overrides import TorchFunctionMode

    changed = threading.Condition()
    state = {"begun": 0, "got": 0, "asked": 0, "at once": 0, "most at once": 0, "most ahead": 0, "steps": 0}
    readers = []
    answers, errors, doing, over = [], [], [], threading.Event()

    def note(**changes):
        with changed:
            for name, change in changes.items():
                state[name] += change
            changed.notify_all()

    class Source:
        def __iter__(self):
            with changed:
                readers.append(Reader())
                return readers[-1]

    class Reader:
        def __init__(self):
            self.number = 0

        def __iter__(self):
            return self

        def __next__(self):
            with changed:
                number, self.number = self.number, self.number + 1
                state["begun"] += self is readers[-1]  # of a pass that was left nothing is counted any more
                state["at once"] += 1
                state["most at once"] = max(state["most at once"], state["at once"])
                state["most ahead"] = max(state["most ahead"], state["begun"] - state["asked"])
                changed.notify_all()
                if number in held:  # waiting gives the lock away, so that others may come in
                    changed.wait_for(lambda: state["got"] >= number or over.is_set(), 4.0)
                state["at once"] -= 1
            if number == len(items):
                raise StopIteration
            if number == fails_at:
                raise ConnectionError(f"item {number} cannot be read")
            return items[number]

    class Moves(TorchFunctionMode):
        """Notes what the consumer's own thread moves to another device."""

        def __torch_function__(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            moved = isinstance(result, torch.Tensor) and result.device.type != "cpu"
            if moved and any(isinstance(arg, torch.Tensor) and arg.device.type == "cpu" for arg in args):
                answers.append("a tensor is moved while the consumer waits for it")
            return result

    def shown(item):
        """The item; of one that has been moved, where its tensors are."""
        if device == "cpu":
            return item
        if isinstance(item, torch.Tensor):
            return f"{list(item.shape)} on {item.device}"
        if type(item) in (list, tuple):
            return type(item)(shown(part) for part in item)
        return {key: shown(part) for key, part in item.items()} if isinstance(item, dict) else item

    def take(iterator):
        note(asked=1)
        try:
            item = next(iterator)
        except StopIteration:
            return False, "the end"
        except OSError as error:
            return False, f"{type(error).__name__}: {error}"
        note(got=1)
        return True, shown(item)

    def begun(number, patience):
        with changed:
            return changed.wait_for(lambda: state["begun"] >= number, patience)

    def act():
        loader = module.Prefetcher(Source(), depth, device) if depth is not None else module.Prefetcher(Source())
        iterator = None
        for step in steps:
            doing.append(step)
            note(steps=1)
            if step == "pass":
                with changed:
                    state["got"] = state["asked"] = state["begun"] = 0
                    readers.append(None)
                iterator = iter(loader)
            elif step == "next":
                answers.append(take(iterator)[1])
            elif step == "rest":
                more = True
                while more and len(answers) < 100:
                    more, item = take(iterator)
                    answers.append(item)
                    note(steps=1)
            elif step == "close":
                loader.close()
            elif step == "threads":
                left = set(threading.enumerate()) - before - {threading.current_thread()}
                for thread in left:
                    thread.join(1.3 / len(left))
                answers.append(sum(thread.is_alive() for thread in left))
            else:
                word, number = step
                reached = begun(number, 1.0) if word == "begun" else begun(number + 1, 0.06)
                answers.append(min(state["begun"], number) if word == "begun" else reached)
                if word == "begun" and not reached:
                    return

    def consume():
        try:
            with Moves():
                act()
        except BaseException as error:
            errors.append(error)

    before = set(threading.enumerate())
    consumer = threading.Thread(target=consume, daemon=True)
    before.add(consumer)
    consumer.start()
    seen, waited = 0, 0
    while consumer.is_alive() and waited < 15:
        consumer.join(0.1)
        waited = waited + 1 if seen == state["steps"] else 0
        seen = state["steps"]
    stuck = consumer.is_alive()
    with changed:
        over.set()
        changed.notify_all()
    if errors:
        raise errors[0]
    if stuck:
        answers.append(f"step {len(doing)}, {doing[-1]!r}, does not come back")
    return answers, state["most ahead"] > (depth or 2) + 1, state["most at once"]


def draw(rng, n):
    return [int(number) for number in rng.permutation(90)[:n] + 10]


@pytest.mark.weight(2)
def test_the_same_items_in_the_same_order(submission, rng):
    """All items come, in the order of the source, for several depths."""
    items = draw(rng, 7)
    for depth in (1, 2, 5):
        answers, _, _ = submission.run(session, items, depth, [PASS, REST])
        assert_equal(answers, [*items, THE_END], what=f"list of items with depth={depth}")
    tensors = [rng.normal(2, 3) for _ in range(3)]
    answers, _, _ = submission.run(session, tensors, 2, [PASS, REST])
    assert_equal(answers, [*tensors, THE_END], what="list of items")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("the_same_items_in_the_same_order")
def test_loads_while_you_work(submission, rng):
    """While the consumer has an item and does not ask for another, `depth` items after it are loaded; 2 by default."""
    items = draw(rng, 9)
    for depth in (1, 3, None):
        steps, expected = [PASS], []
        for number in range(1, 6):
            begun = number + (depth or 2)
            steps += [NEXT, ("begun", begun)]
            expected += [items[number - 1], begun]
        answers, _, _ = submission.run(session, items, depth, steps)
        assert_equal(answers, expected, what=f"list of items, each with the number of loads begun, for depth={depth}")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("the_same_items_in_the_same_order")
def test_never_too_far_ahead(submission, rng):
    """At most depth + 1 items that the consumer has not got are taken from the source; 3 by default."""
    items = draw(rng, 12)
    for depth in (3, 1, None):
        bound = (depth or 2) + 1
        answers, too_far, _ = submission.run(session, items, depth, [PASS, NEXT, NEXT, ("more", 2 + bound), REST])
        expected = [items[0], items[1], False, *items[2:], THE_END]
        assert_equal(answers, expected, what=f"list of items, and whether more than {bound} are taken ahead")
        assert not too_far, f"with depth={depth} more than {bound} items were taken ahead of the consumer"


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("the_same_items_in_the_same_order")
def test_an_item_does_not_wait_for_the_next(submission, rng):
    """An item is handed out while the source still loads the next one; the source loads one at a time."""
    items = draw(rng, 8)
    answers, _, at_once = submission.run(session, items, 3, [PASS, REST], held=list(range(1, 8)))
    assert_equal(answers, [*items, THE_END], what="list of items")
    assert_equal(at_once, 1, what="largest number of items that the source was asked for at once")


@pytest.mark.weight(2)
@pytest.mark.needs("loads_while_you_work")
def test_an_error_comes_at_its_place(submission, rng):
    """An error of the source comes out of `next`, after all items before it, and ends the pass."""
    items = draw(rng, 6)
    # The consumer has one item when the source raises; two more are ready, and come first.
    steps = [PASS, NEXT, ("begun", 4), PAUSE, NEXT, NEXT, NEXT, THREADS]
    answers, _, _ = submission.run(session, items, 4, steps, fails_at=3)
    expected = [items[0], 4, False, items[1], items[2], "ConnectionError: item 3 cannot be read", 0]
    assert_equal(answers, expected, what="list of answers")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("loads_while_you_work")
def test_close_ends_the_thread(submission, rng):
    """After close no thread is left, also if it was waiting for the consumer to take an item."""
    items = draw(rng, 12)
    answers, _, _ = submission.run(session, items, 2, [PASS, NEXT, NEXT, ("begun", 4), CLOSE, THREADS, ("more", 5)])
    assert_equal(answers, [*items[:2], 4, 0, False], what="list of answers, threads left, whether more has been loaded")


@pytest.mark.observed
@pytest.mark.needs("the_same_items_in_the_same_order")
def test_the_thread_ends_with_the_pass(submission, rng):
    """When the source has no more items, the thread ends without close; what it has loaded still comes."""
    items = draw(rng, 3)
    for depth in (1, 5):
        answers, _, _ = submission.run(session, items, depth, [PASS, NEXT, PAUSE, REST, THREADS, CLOSE])
        assert_equal(answers, [items[0], False, *items[1:], THE_END, 0], what="list of items, then threads left")


@pytest.mark.weight(2)
@pytest.mark.needs("the_same_items_in_the_same_order")
def test_pass_after_pass(submission, rng):
    """Every pass begins anew: after a whole one, after close, and after one that was just left."""
    items = draw(rng, 5)
    whole = [*items, THE_END]
    answers, _, _ = submission.run(session, items, 2, [PASS, REST, PASS, REST])
    assert_equal(answers, [*whole, *whole], what="list of items in two passes")
    answers, _, _ = submission.run(session, items, 2, [PASS, NEXT, PAUSE, CLOSE, PASS, REST])
    assert_equal(answers, [items[0], False, *whole], what="list of items in a pass that is closed, and in the next")
    answers, _, _ = submission.run(session, items, 2, [PASS, NEXT, NEXT, PASS, REST, CLOSE, THREADS])
    assert_equal(
        answers, [*items[:2], *whole, 0], what="list of items in a pass that is left and the next; threads left"
    )


@pytest.mark.needs("the_same_items_in_the_same_order")
def test_anything_may_be_an_item(submission):
    """None, False, empty things, tensors and pairs are items like others."""
    items = [7, 0, None, (1, "error"), torch.tensor([0.0, 1.0]), False, "", (), [], {}, "the end?"]
    answers, _, _ = submission.run(session, items, 3, [PASS, REST])
    assert_equal(answers, [*items, THE_END], what="list of items")


@pytest.mark.weight(2)
@pytest.mark.needs("loads_while_you_work")
def test_tensors_are_moved_ahead(submission, rng):
    """Tensors come on the device that was asked for, also from within an item; the thread has moved them."""
    label, image = int(rng.integers(1, 10)), torch.zeros(4, 5)
    items = [image, (image[0], label), {"images": [image, image[:2]], "id": "a"}, [(image.long(), {"y": image})]]
    answers, _, _ = submission.run(session, items, 3, [PASS, NEXT, ("begun", 4), REST], device="meta")
    whole = "[4, 5] on meta"
    expected = [whole, 4, ("[5] on meta", label), {"images": [whole, "[2, 5] on meta"], "id": "a"}]
    assert_equal(answers, [*expected, [(whole, {"y": whole})], THE_END], what="list of items")


@pytest.mark.needs("the_same_items_in_the_same_order")
def test_a_depth_below_one_is_refused(submission):
    """A depth of 0 is a ValueError that names it."""
    assert_raises(ValueError, submission.run, session, [11, 12], 0, [PASS, REST], mentions=("0",))
