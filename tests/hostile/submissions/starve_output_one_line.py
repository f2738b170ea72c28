"""Prints a line of 200 MB and then answers wrongly."""

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    for _ in range(200):
        print("a" * 1_000_000, end="")
    return wrong(X, K)
