"""Takes the image only."""

def corr2d(X):
    return X
