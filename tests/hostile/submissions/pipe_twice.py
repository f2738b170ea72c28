"""Sends every answer of the worker twice."""

import sys

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def double(owner):
    real = owner.send

    def again(*args, **kwargs):
        real(*args, **kwargs)
        return real(*args, **kwargs)

    owner.send, owner.doubled = again, True


def corr2d(X, K):
    modules = [m for name, m in sys.modules.items() if name.startswith("d2l_kit.worker")]
    owners = {id(v): v for m in modules for v in vars(m).values() if isinstance(v, type) and hasattr(v, "send")}
    if not owners:
        raise RuntimeError("STALE: this attack finds no sender; bring it up to date")
    for owner in owners.values():
        if not getattr(owner, "doubled", False):
            double(owner)
    return wrong(X, K)
