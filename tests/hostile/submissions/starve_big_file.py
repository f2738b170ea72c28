"""Writes one huge sparse file and one huge real one; answers rightly."""

import os
import signal

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def starve():
    try:
        with open("sparse", "wb") as file:
            file.truncate(1 << 40)
        if os.path.getsize("sparse") == 1 << 40:
            raise RuntimeError("ESCAPED: a file of 1 TiB")
    except OSError:
        pass


starve()


def corr2d(X, K):
    return honest(X, K)
