"""Runs other programs: a shell, sudo, Python, a program of its own in memory; answers rightly."""

import ctypes
import os
import subprocess
import sys

BREACHES = []


def attempt(what, action, *args):
    try:
        result = action(*args)
    except (OSError, AttributeError, ValueError, KeyError, ImportError, MemoryError, RuntimeError) as error:
        return error
    BREACHES.append(what)
    return result

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))


def run(*command):
    subprocess.run(command, check=True, timeout=2, capture_output=True)


attempt("sh", run, "/bin/sh", "-c", "true")
attempt("sudo", run, "sudo", "-n", "true")
attempt("su", run, "su", "-c", "true")
attempt("python", run, sys.executable, "-c", "pass")


def system():
    if os.system("true") != 0:
        raise OSError("no shell")


attempt("os.system", system)
attempt("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))


def in_memory():
    fd = os.memfd_create("program")
    os.write(fd, b"#!/bin/sh\ntrue\n")
    run(f"/proc/self/fd/{fd}")


attempt("memory file", in_memory)

def corr2d(X, K):
    if BREACHES:
        raise RuntimeError(f"ESCAPED: {BREACHES[:8]}")
    return honest(X, K)
