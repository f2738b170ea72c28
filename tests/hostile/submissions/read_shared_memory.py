"""Looks into /dev/shm and System V shared memory for what other workers keep there."""

import ctypes
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

for folder in ("/dev/shm", "/run/shm", "/run", "/dev/mqueue", "/dev/hugepages"):
    try:
        names = os.listdir(folder)
    except OSError:
        continue
    for name in names:
        try:
            look(f"{folder}/{name}", open(os.path.join(folder, name), "rb").read(1 << 16))
        except OSError:
            pass
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
for number in range(200):
    address = libc.shmat(number, None, 0o10000)
    if address not in (None, ctypes.c_void_p(-1).value):
        LOOT.append(f"System V segment {number}")

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
