"""Writes to stderr for ever, past Python's own stream."""

import os


def corr2d(X, K):
    block = b"x" * (1 << 16)
    while True:
        os.write(2, block)
