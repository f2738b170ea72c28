"""Sends datagrams and asks a name server; answers rightly."""

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


def send(family, address):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.2)
        sock.sendto(b"secret", address)


attempt("udp outside", send, socket.AF_INET, ("192.0.2.1", 53))
attempt("udp multicast", send, socket.AF_INET, ("224.0.0.251", 5353))
attempt("udp host", send, socket.AF_INET, ("127.0.0.1", 47613))
attempt("a name", socket.getaddrinfo, "example.invalid", 80)
attempt("raw socket", socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)
attempt("packet socket", socket.socket, socket.AF_PACKET, socket.SOCK_RAW)
attempt("vsock", socket.socket, getattr(socket, "AF_VSOCK", 40), socket.SOCK_STREAM)

def corr2d(X, K):
    if BREACHES:
        raise RuntimeError(f"ESCAPED: {BREACHES[:8]}")
    return honest(X, K)
