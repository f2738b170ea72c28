"""Writes outside its own folder: start-up files, packages, crontabs, devices; answers rightly."""

import os
import site
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


def leave(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o666))


OUTSIDE = (
    "/etc/passwd", "/etc/cron.d/d2l-left", "/root/.bashrc", "/home/d2l-left", "/usr/lib/d2l-left", "/var/tmp/d2l-left",
    "/srv/d2l-left", "/opt/d2l-left", "/d2l-left", "/run/d2l-left", "/sys/d2l-left", "/boot/d2l-left",
)  # fmt: skip
for path in OUTSIDE:
    attempt(path, leave, path)
for folder in {*sys.path, *site.getsitepackages(), sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)}:
    if os.path.isdir(folder) and os.path.realpath(folder) != os.path.realpath(os.getcwd()):
        attempt(folder, leave, os.path.join(folder, "d2l_left.pth"))

def corr2d(X, K):
    if BREACHES:
        raise RuntimeError(f"ESCAPED: {BREACHES[:8]}")
    return honest(X, K)
