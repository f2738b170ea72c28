"""Returns NotImplemented, which turns comparisons round."""

def corr2d(X, K):
    return NotImplemented
