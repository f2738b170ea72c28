"""Reads memory around its own objects with ctypes, where strings of the parent may lie."""

import ctypes
import gc
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
    pages = sorted({id(thing) >> 18 for thing in gc.get_objects()})
    for page in pages:
        # A quarter MiB around an object that is alive: pymalloc arenas are that large and aligned to it.
        start = page << 18
        inside = [id(t) for t in gc.get_objects(0) if id(t) >> 18 == page][:1]
        if inside:
            look(hex(start), ctypes.string_at(inside[0], 4096 - inside[0] % 4096))
        if time.monotonic() > END:
            return


search()

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
