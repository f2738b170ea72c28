"""Sleeps for an hour."""

import time


def corr2d(X, K):
    time.sleep(3600)
