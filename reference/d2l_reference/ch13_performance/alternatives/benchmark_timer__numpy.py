"""One loop for finding the number of calls and for measuring; NumPy for the statistics."""

import time
from itertools import repeat

import numpy as np


def benchmark(fn, *args, warmup=3, min_time=0.1, repeats=5, clock=time.perf_counter, sync=None):
    for name, value, fine in [
        ("repeats", repeats, repeats > 0),
        ("min_time", min_time, min_time > 0),
        ("warmup", warmup, warmup >= 0),
    ]:
        if not fine:
            raise ValueError(f"{name} = {value}")
    [fn(*args) for _ in repeat(None, warmup)]
    calls, found, times = 1, False, []
    while len(times) < repeats:
        marks = []
        for count in (calls, 0):
            if sync:
                sync()
            marks.append(clock())
            [fn(*args) for _ in repeat(None, count)]
        took = marks[1] - marks[0]
        if found:
            times.append(took / calls)
        elif took >= min_time:
            found = True
        else:
            calls <<= 1
    times = np.array(times)
    median = float(np.median(times))
    return {"median": median, "min": float(times.min()), "spread": float(np.ptp(times)) / median, "calls": calls}
