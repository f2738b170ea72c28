"""Forks as many sleepers as it can and answers rightly."""

import os
import time

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))

CHILDREN = []


def starve():
    while len(CHILDREN) < 2000:
        try:
            pid = os.fork()
        except OSError:
            break
        if pid == 0:
            time.sleep(600)
            os._exit(0)
        CHILDREN.append(pid)
    if len(CHILDREN) >= 2000:
        raise RuntimeError("ESCAPED: two thousand processes")


starve()


def corr2d(X, K):
    return honest(X, K)
