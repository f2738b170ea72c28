"""Leaves shared memory, semaphores and message queues behind; answers rightly."""

import ctypes
import os

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))

libc = ctypes.CDLL(None, use_errno=True)
libc.shmget(0x6432, 1 << 20, 0o1666)
libc.semget(0x6432, 1, 0o1666)
libc.msgget(0x6432, 0o1666)
for folder in ("/dev/shm", "/dev/mqueue", "/run/lock"):
    try:
        with open(os.path.join(folder, "d2l-left-behind"), "wb") as file:
            file.write(b"left behind")
    except OSError:
        pass


def corr2d(X, K):
    return honest(X, K)
