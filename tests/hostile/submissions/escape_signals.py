"""Signals its parent, its group and every process near it; answers rightly."""

import ctypes
import os
import signal

BREACHES = []


def attempt(what, action, *args):
    try:
        result = action(*args)
    except (OSError, AttributeError, ValueError, KeyError, ImportError, MemoryError, RuntimeError) as error:
        return error
    BREACHES.append(what)
    return result

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

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))

for pid in strangers():
    attempt(f"kill {pid}", os.kill, pid, 0)
if os.getppid() > 0:
    attempt("kill the parent", os.kill, os.getppid(), signal.SIGCONT)
    attempt("pidfd", os.pidfd_open, os.getppid())
    attempt("queue", syscall, 129, os.getppid(), 0, ctypes.create_string_buffer(128))
attempt("a group", os.killpg, os.getpgid(os.getppid()) if os.getppid() else 1, 0)

def corr2d(X, K):
    if BREACHES:
        raise RuntimeError(f"ESCAPED: {BREACHES[:8]}")
    return honest(X, K)
