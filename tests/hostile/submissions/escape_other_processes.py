"""Changes limits, priority, affinity and scheduling of other processes; answers rightly."""

import ctypes
import os
import resource

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

old = (ctypes.c_uint64 * 2)()
for pid in strangers():
    attempt(f"prlimit {pid}", syscall, 302, pid, resource.RLIMIT_NOFILE, None, old)
    attempt(f"affinity {pid}", lambda p=pid: os.sched_setaffinity(p, os.sched_getaffinity(p)))
    attempt(f"priority {pid}", lambda p=pid: os.setpriority(os.PRIO_PROCESS, p, os.getpriority(os.PRIO_PROCESS, p)))
    attempt(f"ioprio {pid}", syscall, 251, 1, pid, 0)
    attempt(f"scheduler {pid}", lambda p=pid: os.sched_setscheduler(p, os.SCHED_OTHER, os.sched_param(0)))
attempt("priority of the user", os.setpriority, os.PRIO_USER, os.getuid(), os.getpriority(os.PRIO_PROCESS, 0))
attempt("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
attempt("raise a limit", resource.setrlimit, resource.RLIMIT_NPROC, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

def corr2d(X, K):
    if BREACHES:
        raise RuntimeError(f"ESCAPED: {BREACHES[:8]}")
    return honest(X, K)
