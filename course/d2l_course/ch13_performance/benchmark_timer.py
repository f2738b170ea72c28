"""A benchmark that does not fool itself: warm-up, enough calls, the median, and a clock that waits (section 13.4)."""

import time
from collections.abc import Callable
from typing import Any


def benchmark(
    fn: Callable[..., Any],
    *args: Any,
    warmup: int = 3,
    min_time: float = 0.1,
    repeats: int = 5,
    clock: Callable[[], float] = time.perf_counter,
    sync: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Measure how long one call of a function takes.

    1. The first `warmup` calls are not timed: caches are cold, and libraries set themselves up.
    2. One call may be shorter than the clock can see. So a block of 1, 2, 4, 8, … calls is timed until a block takes
       at least `min_time` in all.
    3. `repeats` blocks of that many calls are then timed anew. The median of them forgives one that was disturbed.

    Work on a device goes on after the call has returned. `sync` waits for it, and is called before every reading of
    the clock, so that no block is charged with what was begun before it, and none gets away with what it has begun.

    Args:
        fn: What to measure.
        args: Its arguments.
        warmup: How many calls come first, untimed.
        min_time: How many seconds a block must take.
        repeats: How many blocks are measured.
        clock: Returns the time in seconds. It is read at the beginning and at the end of a block, not within.
        sync: Waits until all that was begun is done.

    Returns:
        {"median": seconds per call in the middle one of the blocks (of an even number: the mean of the middle two),
        "min": in the fastest block, "spread": (slowest - fastest) / median, "calls": how many calls a block has}.

    Raises:
        ValueError: `repeats` or `min_time` is not positive, or `warmup` is negative; the message names it, and `fn`
            has not been called. Errors of `fn` are passed on as they are.

    Example:
        >>> ticks = iter(range(100))  # a clock that is one second on each time it is read
        >>> benchmark(sum, [1, 2], min_time=1.0, clock=lambda: next(ticks))
        {'median': 1.0, 'min': 1.0, 'spread': 0.0, 'calls': 1}

    Book: sections 13.2 and 13.4.
    """
    raise NotImplementedError
