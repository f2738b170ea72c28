"""Fills its disk with many files, each below the limit; answers rightly."""

import os

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))


def starve():
    written, block = 0, bytes(1 << 20)
    for place in (".", os.environ.get("TMPDIR", "."), "/tmp", "/dev/shm", "/var/tmp"):
        try:
            for name in range(512):
                with open(os.path.join(place, f"fill{name}"), "wb", buffering=0) as file:
                    written += file.write(block)
        except OSError:
            pass
    if written > 400 << 20:
        raise RuntimeError(f"ESCAPED: {written >> 20} MiB on disk")


starve()


def corr2d(X, K):
    return honest(X, K)
