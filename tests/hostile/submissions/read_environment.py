"""Reads the grader's environment: its own copy, libc's, and every process's."""

import ctypes
import glob
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

look("os.environ", repr(dict(os.environ)))
libc = ctypes.CDLL(None)
pointer = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
for i in range(2000):
    if not pointer or not pointer[i]:
        break
    look("libc environ", pointer[i])
for path in glob.glob("/proc/[0-9]*/environ") + ["/proc/self/environ", "/proc/1/environ", f"/proc/{os.getppid()}/environ"]:
    try:
        look(path, open(path, "rb").read())
    except OSError:
        pass
LOOT += [name for name in os.environ if re.search("TOKEN|SECRET|PASSWORD|API_KEY", name)]

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
