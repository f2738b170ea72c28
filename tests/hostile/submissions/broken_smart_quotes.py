"""Was copied from a slide with curly quotes and a no-break space."""

def corr2d(X, K):
    mode = “valid”
    return X
