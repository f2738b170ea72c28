"""Reads every descriptor it inherited: files, folders, pipes, sockets."""

import os
import re
import stat
import time

# What the grader's machine holds and no submission may see; in two parts, so as not to find itself.
CANARY = re.compile(b"D2L-" + b"CANARY-[0-9a-f]{32}")
END = time.monotonic() + 1.5
LOOT = []


def look(where, data):
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    if CANARY.search(bytes(data)):
        LOOT.append(str(where)[:120])

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])

for fd in range(0, 256):
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        continue
    try:
        if stat.S_ISREG(mode):
            data = os.pread(fd, 1 << 20, 0)
            look(f"fd {fd}", data)
            if b"d2l_reference" in data or b"def test_" in data:
                LOOT.append(f"fd {fd} is a file")
        if stat.S_ISDIR(mode):
            LOOT.append(f"fd {fd} is a folder with {os.listdir(fd)[:3]}")
        if stat.S_ISFIFO(mode) and fd > 2:
            os.set_blocking(fd, False)
            look(f"fd {fd}", os.read(fd, 4096))
    except OSError:
        pass

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
