"""Mounts, unshares, joins other namespaces, changes its root; answers rightly."""

import ctypes
import os

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

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))

os.makedirs("point", exist_ok=True)
attempt("mount tmpfs", syscall, 165, b"none", b"point", b"tmpfs", 0, None)
attempt("bind", syscall, 165, b"point", b"point", None, 4096, None)
attempt("remount rw", syscall, 165, b"none", b"/", None, 32, None)
attempt("unshare user", syscall, 272, 0x10000000)
attempt("unshare mount", syscall, 272, 0x20000)
attempt("pivot_root", syscall, 155, b".", b".")
attempt("fsopen", syscall, 430, b"tmpfs", 0)
attempt("open_tree", syscall, 428, -100, b"/", 1)
attempt("move_mount", syscall, 429, -100, b"/", -100, b"point", 0)
for kind in ("mnt", "pid", "net", "user"):
    attempt(f"setns {kind}", lambda k=kind: syscall(308, os.open(f"/proc/1/ns/{k}", os.O_RDONLY), 0))

def corr2d(X, K):
    if BREACHES:
        raise RuntimeError(f"ESCAPED: {BREACHES[:8]}")
    return honest(X, K)
