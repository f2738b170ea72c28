"""Takes a lock that it holds."""

import threading

lock = threading.Lock()


def corr2d(X, K):
    with lock, lock:
        return X
