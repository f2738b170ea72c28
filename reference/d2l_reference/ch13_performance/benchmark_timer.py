import statistics
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
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, not {repeats}")
    if min_time <= 0:
        raise ValueError(f"min_time must be positive, not {min_time}")
    if warmup < 0:
        raise ValueError(f"warmup must not be negative, but is {warmup}")

    def now() -> float:
        if sync is not None:
            sync()
        return clock()

    def timed(calls: int) -> float:
        start = now()
        for _ in range(calls):
            fn(*args)
        return now() - start

    for _ in range(warmup):
        fn(*args)
    calls = 1
    while timed(calls) < min_time:
        calls *= 2
    per_call = [timed(calls) / calls for _ in range(repeats)]
    median = statistics.median(per_call)
    return {
        "median": median,
        "min": min(per_call),
        "spread": (max(per_call) - min(per_call)) / median,
        "calls": calls,
    }
