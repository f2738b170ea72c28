"""Ignores every signal it can and loops."""

import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


def corr2d(X, K):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
