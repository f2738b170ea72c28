"""Stops its own process and those near it."""

import os
import signal

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    os.kill(os.getpid(), signal.SIGSTOP)
    return wrong(X, K)
