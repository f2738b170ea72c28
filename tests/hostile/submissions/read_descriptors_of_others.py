"""Opens the descriptors of other processes through /proc/PID/fd and pidfd_getfd."""

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

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def syscall(number, *args):
    ctypes.set_errno(0)
    if (result := libc.syscall(ctypes.c_long(number), *args)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def strangers():
    """Process numbers that are not this process, one of its threads, or its children."""
    me, parent = os.getpid(), os.getppid()
    near = {1, parent, *range(max(parent - 40, 2), parent + 40), *range(max(me - 40, 2), me + 40)}
    near |= {int(name) for name in listdir("/proc") if name.isdigit()}
    return sorted(near - {me, 0} - {int(name) for name in listdir("/proc/self/task")})


def listdir(path):
    try:
        return os.listdir(path)
    except OSError:
        return []

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])

for path in glob.glob("/proc/[0-9]*/fd/*") + [f"/proc/{os.getppid()}/fd/{n}" for n in range(32)]:
    if path.startswith(f"/proc/{os.getpid()}/"):
        continue
    try:
        LOOT.append(f"{path} -> {os.readlink(path)}")
    except OSError:
        pass
for pid in strangers():
    try:
        pidfd = syscall(434, pid, 0)
        LOOT.append(f"pidfd_getfd({pid}): {syscall(438, pidfd, 0, 0)}")
    except OSError:
        pass

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
