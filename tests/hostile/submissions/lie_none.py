"""Returns None for whatever it is asked."""

def corr2d(X, K):
    return None
