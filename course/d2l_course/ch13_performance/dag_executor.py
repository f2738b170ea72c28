"""Run a graph of tasks on a few threads, independent ones at the same time (section 13.3)."""

import threading
import time
from collections.abc import Callable
from typing import Any


def run_graph(
    tasks: dict[str, tuple[Callable[..., Any], list[str]]], num_workers: int
) -> tuple[dict[str, Any], list[tuple[str, float, float]]]:
    """Run every task once, after what it depends on, and as many at the same time as there are workers.

    A task is an operation and the names of the tasks it depends on. The operation is called with their results, in
    the order in which they are named. At most `num_workers` operations run at the same time. A task whose
    dependencies have all been computed starts as soon as a worker is free: it does not wait for other tasks, be they
    of the same depth or started before. Who only waits for something is not working, and takes no worker's place.

    A task fails if its operation raises an exception. What depends on it, directly or through others, is not run;
    everything else is. Only then is the exception raised, of several failed tasks that of the one listed first. It
    carries the results that there are as its attribute `partial`, a dictionary {name: result}.

    `tasks` and the lists in it are left as they are, and when the call ends, so have all threads that it has started.

    Args:
        tasks: {name: (operation, names of the tasks it depends on)}, listed in any order.
        num_workers: How many operations may run at the same time.

    Returns:
        The results, {name: result}, and for each task (name, start, end), in any order: `time.perf_counter()` on the
        thread that runs the operation, just before it is called and just after it has returned.

    Raises:
        ValueError: Before anything is run: a task depends on one that does not exist (the message names that one),
            tasks wait for each other in a circle (it names those of a circle), or there is fewer than one worker.

    Example:
        >>> tasks = {
        ...     "sum": (lambda a, b: a + b, ["two", "three"]),
        ...     "two": (lambda: 2, []),
        ...     "three": (lambda: 3, []),  # at the same time as "two"
        ... }
        >>> results, records = run_graph(tasks, num_workers=2)
        >>> results["sum"], len(records)
        (5, 3)

    Book: section 13.3.
    """
    raise NotImplementedError
