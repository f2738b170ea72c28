"""A class that holds what is measured, and a search for the number of calls by recursion."""

import time


class _Timer:
    def __init__(self, fn, args, clock, sync):
        self.fn, self.args, self.clock = fn, args, clock
        self.sync = sync or (lambda: None)

    def block(self, calls):
        self.sync()
        begin = self.clock()
        left = calls
        while left:
            self.fn(*self.args)
            left -= 1
        self.sync()
        return self.clock() - begin

    def enough(self, min_time, calls=1):
        return calls if self.block(calls) >= min_time else self.enough(min_time, 2 * calls)


def benchmark(fn, *args, warmup=3, min_time=0.1, repeats=5, clock=time.perf_counter, sync=None):
    if repeats <= 0 or min_time <= 0 or warmup < 0:
        raise ValueError(f"repeats={repeats}, min_time={min_time}, warmup={warmup}")
    for _ in range(warmup):
        fn(*args)
    timer = _Timer(fn, args, clock, sync)
    calls = timer.enough(min_time)
    times = sorted(timer.block(calls) for _ in range(repeats))
    middle = (times[repeats // 2] + times[(repeats - 1) // 2]) / 2
    return {
        "calls": calls,
        "median": middle / calls,
        "min": times[0] / calls,
        "spread": (times[-1] - times[0]) / middle,
    }
