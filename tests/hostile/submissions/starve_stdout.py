"""Prints for ever."""

def corr2d(X, K):
    while True:
        print("all work and no play " * 50)
