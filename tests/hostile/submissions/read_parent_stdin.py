"""Reads standard input, the terminal and the controlling process's input."""

import os
import re
import sys
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

OTHERS = [f"/proc/{pid}/fd/0" for pid in (1, os.getppid()) if pid not in (0, os.getpid())]
for path in ("/dev/tty", "/dev/console", *OTHERS):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        LOOT.append(f"{path} opens")
        os.close(fd)
    except OSError:
        pass
try:
    look("stdin", sys.stdin.read(4096) if sys.stdin else "")
except (OSError, EOFError, ValueError, RuntimeError):
    pass

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
