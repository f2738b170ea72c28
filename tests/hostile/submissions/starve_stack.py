"""Raises the recursion limit and runs out of stack."""

import sys

sys.setrecursionlimit(10**9)


class Deep:
    def __repr__(self):
        return repr([self])


def corr2d(X, K):
    return repr(Deep())
