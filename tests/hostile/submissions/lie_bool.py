"""Returns True."""

def corr2d(X, K):
    return True
