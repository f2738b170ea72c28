"""Warns, logs errors, writes to stderr and prints the word "error"."""

import logging
import sys
import warnings

import torch

warnings.warn("this is deprecated", DeprecationWarning)
logging.error("error: something is wrong")
print("Error: FAILED", file=sys.stderr)

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))


def corr2d(X, K):
    warnings.warn("non-writable tensor")
    logging.getLogger("torch").error("error: 1 failed")
    print("error error FAILED 0/10")
    print("100%|##########| 12/12 [00:00<00:00]", file=sys.stderr, end="\r")
    return honest(X, K)
