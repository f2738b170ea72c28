"""Aborts its process, which would leave a core file."""

import os


def corr2d(X, K):
    os.abort()
