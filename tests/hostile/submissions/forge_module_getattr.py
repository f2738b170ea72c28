"""Defines no corr2d but a module __getattr__ that hands out a liar for every name."""

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return wrong
