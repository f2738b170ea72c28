"""Opens files until it may not and gives them back; answers rightly."""

import os

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))


def starve():
    held = []
    try:
        while len(held) < 100_000:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    for fd in held:
        os.close(fd)
    if len(held) >= 100_000:
        raise RuntimeError("ESCAPED: a hundred thousand descriptors")


starve()


def corr2d(X, K):
    return honest(X, K)
