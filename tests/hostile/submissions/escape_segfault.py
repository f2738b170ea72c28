"""Crashes the interpreter with a wild pointer."""

import ctypes


def corr2d(X, K):
    return ctypes.string_at(8)
