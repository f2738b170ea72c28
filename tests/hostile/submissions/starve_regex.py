"""Lets a regular expression backtrack for years."""

import re


def corr2d(X, K):
    return re.match("(a*)*$", "a" * 60 + "b")
