"""Leaves thirty orphans in sessions of their own and ends."""

import os
import time


def corr2d(X, K):
    for _ in range(30):
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
    os._exit(0)
