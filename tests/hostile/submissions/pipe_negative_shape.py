"""Answers with a tensor of negative sizes and a frame that does not exist."""

import sys

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    codec = sys.modules.get("d2l_kit.worker.codec")
    if codec is None:
        raise RuntimeError("STALE: this attack finds no codec; bring it up to date")
    header, frames = (
        b'[[4],{"$":"tuple","v":[{"$":"tensor","d":"float32","s":[-1,-1],"f":0},{"$":"bytes","f":-1}]}]',
        [b"abcd"],
    )
    forged = lambda value: (header, [memoryview(frame) for frame in frames])
    for module in list(sys.modules.values()):
        if str(getattr(module, "__name__", "")).startswith("d2l_kit.worker") and hasattr(module, "encode"):
            module.encode = forged
    return wrong(X, K)
