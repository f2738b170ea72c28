"""Calls itself for ever."""

def corr2d(X, K):
    return corr2d(X, K)
