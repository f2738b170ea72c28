"""Imports itself from itself."""

from corr2d import corr2d as mine


def corr2d(X, K):
    return mine(X, K)
