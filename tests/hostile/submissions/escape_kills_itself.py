"""Kills its own process."""

import os
import signal


def corr2d(X, K):
    os.kill(os.getpid(), signal.SIGKILL)
    os._exit(9)
