"""Hidden checks of ch13/prefetch_loader."""

import pytest
from d2l_course.ch13_performance.checks.test_prefetch_loader import (
    CLOSE,
    NEXT,
    PASS,
    REST,
    THE_END,
    THREADS,
    draw,
    session,
)
from d2l_kit.checks import assert_equal, probe


@probe
def an_error_at_once(module, text):
    """What comes of a source that raises as soon as somebody begins to go through it."""
    import threading

    class Source:
        def __iter__(self):
            raise ConnectionError(text)

    answers = []

    def consume():
        try:
            answers.append(next(iter(module.Prefetcher(Source()))))
        except BaseException as error:
            answers.append(f"{type(error).__name__}: {error}")

    consumer = threading.Thread(target=consume, daemon=True)
    consumer.start()
    consumer.join(1.5)
    return answers or ["still waiting"]


@pytest.mark.weight(3)
@pytest.mark.needs("the_thread_ends_with_the_pass")
def test_any_number_of_items_and_any_depth(submission, rng):
    """No items, one, more and fewer than depth: all come in order, and the thread ends."""
    for n, depth in [(0, 2), (1, 1), (int(rng.integers(5, 12)), int(rng.integers(2, 5))), (3, 8)]:
        items = draw(rng, n)
        answers, _, _ = submission.run(session, items, depth, [PASS, REST, THREADS])
        assert_equal(answers, [*items, THE_END, 0], what=f"list of {n} items with depth={depth}, then threads left")


@pytest.mark.weight(2)
@pytest.mark.needs("an_error_comes_at_its_place", "the_thread_ends_with_the_pass")
def test_an_error_at_any_place(submission, rng):
    """An error in the very first load, in the last one, or before the first, reaches the consumer; another pass too."""
    items = draw(rng, 4)
    for place in (0, 3):
        error = f"ConnectionError: item {place} cannot be read"
        answers, _, _ = submission.run(session, items, 2, [PASS, REST, PASS, REST, THREADS], fails_at=place)
        ended = [*items[:place], error]
        assert_equal(answers, [*ended, *ended, 0], what="list of answers")
    answers = submission.run(an_error_at_once, "there is no disk")
    assert_equal(answers, ["ConnectionError: there is no disk"], what="list of answers")


@pytest.mark.weight(2)
@pytest.mark.needs("loads_while_you_work")
def test_over_is_over(submission, rng):
    """A pass that has ended gives no more items, however it has ended and whatever has been loaded."""
    items = draw(rng, 6)
    answers, _, _ = submission.run(session, items, 3, [PASS, REST, NEXT, NEXT])
    assert_equal(answers, [*items, THE_END, THE_END, THE_END], what="list of answers")
    answers, _, _ = submission.run(session, items, 3, [PASS, REST, NEXT], fails_at=2)
    assert_equal(answers, [*items[:2], "ConnectionError: item 2 cannot be read", THE_END], what="list of answers")
    answers, _, _ = submission.run(session, items, 3, [PASS, NEXT, ("begun", 4), CLOSE, NEXT, NEXT])
    assert_equal(answers, [items[0], 4, THE_END, THE_END], what="list of answers of a pass that is closed")


@pytest.mark.needs("the_thread_ends_with_the_pass", "close_ends_the_thread", "pass_after_pass")
def test_close_at_any_time(submission, rng):
    """close may come before a pass, at its begin, twice, and after its end."""
    items = draw(rng, 4)
    steps = [CLOSE, PASS, CLOSE, CLOSE, THREADS, PASS, NEXT, CLOSE, CLOSE, THREADS, PASS, REST, CLOSE, THREADS]
    answers, _, _ = submission.run(session, items, 1, steps)
    assert_equal(answers, [0, items[0], 0, *items, THE_END, 0], what="list of answers")
