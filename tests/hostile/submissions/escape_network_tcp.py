"""Connects to the grader's machine and to the outside over TCP; answers rightly."""

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


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(0.2)
        sock.connect(address)


for port in (47613, 47614, 47615, 22, 80):
    attempt(f"127.0.0.1:{port}", connect, socket.AF_INET, ("127.0.0.1", port))
attempt("::1", connect, socket.AF_INET6, ("::1", 47613))
attempt("outside", connect, socket.AF_INET, ("192.0.2.1", 80))

def corr2d(X, K):
    if BREACHES:
        raise RuntimeError(f"ESCAPED: {BREACHES[:8]}")
    return honest(X, K)
