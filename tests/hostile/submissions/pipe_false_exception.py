"""Answers that it raised an exception with a million lines, all kinds of types in its fields."""

import sys

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    protocol = sys.modules.get("d2l_kit.worker.protocol")
    if protocol is None:
        raise RuntimeError("STALE: this attack finds no protocol; bring it up to date")
    real = protocol.message

    def message(meta, payload=None):
        lines = [[10**30, None, ["x"]], [1, "\ud800", "\x1b[2J"], [float("inf"), {}, 1]] * 1000
        raised = {"kind": ["ValueError"], "bases": {"ValueError": 1}, "message": "x" * 10**6, "lines": lines, "in_import": 1}
        return real({**meta, **raised, "outcome": "raised", "raised": raised}, None)

    for module in list(sys.modules.values()):
        if str(getattr(module, "__name__", "")).startswith("d2l_kit.worker") and hasattr(module, "message"):
            module.message = message
    return wrong(X, K)
