"""Returns NaN everywhere."""

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    return wrong(X, K) + float("nan")
