"""Reads other processes' memory through /proc and process_vm_readv."""

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


def search():
    for pid in strangers():
        for name in ("mem", "maps", "cmdline", "status", "stack", "auxv", "pagemap"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    if name in ("mem", "pagemap"):
                        LOOT.append(f"/proc/{pid}/{name} opens")
                    else:
                        look(file.name, file.read(1 << 16))
                        if name == "maps":
                            LOOT.append(f"/proc/{pid}/maps")
            except OSError:
                pass
        buffer = ctypes.create_string_buffer(64)
        local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
        remote = (ctypes.c_void_p * 2)(0x400000, 64)
        try:
            syscall(310, pid, local, ctypes.c_ulong(1), remote, ctypes.c_ulong(1), ctypes.c_ulong(0))
            LOOT.append(f"process_vm_readv({pid})")
        except OSError:
            pass
        if time.monotonic() > END:
            return


search()

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
