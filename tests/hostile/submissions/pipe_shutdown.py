"""Shuts the channel's writing half and goes on running."""

import json
import os
import socket
import stat
import struct
import time

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
    for fd in channels():
        try:
            socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_WR)
        except OSError:
            os.close(fd)
    time.sleep(3600)
