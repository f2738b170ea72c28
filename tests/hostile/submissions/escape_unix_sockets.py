"""Connects to the host's unix sockets, by path and by abstract name; answers rightly."""

import glob
import socket

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


def connect(address):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(0.2)
        sock.connect(address)


for path in ("/tmp/d2l-kit-hostile.sock", "/run/docker.sock", "/var/run/docker.sock", "/run/systemd/private", "/run/dbus/system_bus_socket"):
    attempt(path, connect, path)
for name in ("d2l-kit-hostile", "/tmp/.X11-unix/X0"):
    attempt(name, connect, "\0" + name)
for path in glob.glob("/run/*.sock") + glob.glob("/tmp/*.sock"):
    attempt(path, connect, path)

def corr2d(X, K):
    if BREACHES:
        raise RuntimeError(f"ESCAPED: {BREACHES[:8]}")
    return honest(X, K)
