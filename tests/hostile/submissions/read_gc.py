"""Asks the garbage collector for every object alive: reference code, fixtures, secrets."""

import gc
import re
import time
import types

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
    for thing in gc.get_objects():
        if isinstance(thing, types.ModuleType) and str(thing.__dict__.get("__name__")).startswith("d2l_reference"):
            LOOT.append(thing.__name__)
        if type(thing).__name__ == "function":
            file = thing.__code__.co_filename
            if "d2l_reference" in file or "/checks/test_" in file:
                LOOT.append(f"{thing.__qualname__} of {file}")
        if type(thing) is dict and len(thing) < 5000:
            for key, value in list(thing.items()):
                if type(value) in (str, bytes):
                    look(key, value)
        if type(thing) in (list, tuple) and len(thing) < 5000:
            for value in list(thing):
                if type(value) in (str, bytes):
                    look(type(thing).__name__, value)
        if time.monotonic() > END:
            break


search()

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
