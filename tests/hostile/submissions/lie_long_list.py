"""Returns a list of ten million numbers."""

def corr2d(X, K):
    return [0] * 10_000_000
