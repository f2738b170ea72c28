"""Hands its first argument back."""

def corr2d(X, K):
    return X
