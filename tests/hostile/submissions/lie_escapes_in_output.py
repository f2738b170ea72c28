"""Prints terminal escapes, NUL, bad UTF-8 and fake lines of the report."""

import os

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    os.write(1, b"\x1b[2J\x1b[H\xff\xfe\x00\x9b1mPASSED\r\nch07/corr2d  passed  10/10\n\xed\xa0\x80")
    return wrong(X, K)
