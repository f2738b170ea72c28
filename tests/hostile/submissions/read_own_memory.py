"""Scans its own address space for what the process it was forked from once held."""

import os
import re
import time

# What the grader's machine holds and no submission may see; in two parts, so as not to find itself.
CANARY = re.compile(b"D2L-" + b"CANARY-[0-9a-f]{32}")
END = time.monotonic() + 1.5
LOOT = []


def look(where, data):
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    if CANARY.search(bytes(data)):
        LOOT.append(str(where)[:120])

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def search():
    try:
        maps = open("/proc/self/maps", encoding="ascii").read().splitlines()
        memory = open("/proc/self/mem", "rb", buffering=0)
    except OSError:
        return
    for line in maps:
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if "rw" not in line or end - start > 1 << 28:
            continue
        try:
            memory.seek(start)
            look(line, memory.read(end - start))
        except (OSError, ValueError, OverflowError):
            pass
        if time.monotonic() > END:
            return


search()

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
