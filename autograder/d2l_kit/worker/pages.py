"""Puts a zygote's memory on huge pages, so that each fork of it copies a few entries of page tables, not tens of
thousands.

A warm zygote holds some 120 MB of Python's and torch's own objects in pages of 4 KiB. Copying their page tables at
every fork, and taking them down at every end, costs more than most workers' own work; with pages of 2 MiB it is a
quarter. A worker that writes to such a page still gets a copy of 4 KiB of it.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

_MADV_COLLAPSE = 25  # Linux 6.1
_HUGE = 2 << 20


def make_huge() -> None:
    """Collapse this process's anonymous memory into huge pages, where the kernel can; elsewhere nothing changes."""
    if sys.platform != "linux":
        return
    advise = ctypes.CDLL(None).madvise
    for start, end in list(_anonymous()):
        first, last = -(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE
        if first < last:
            # A kernel that is older, or has no huge page free, says no: the pages stay as they are.
            advise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _MADV_COLLAPSE)


def _anonymous() -> Iterator[tuple[int, int]]:
    """Start and end of each private writable mapping without a file: what malloc and Python's objects lie in."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        span, access, *rest = line.split(maxsplit=5)
        name = rest[3] if len(rest) > 3 else ""
        if access == "rw-p" and name in ("", "[heap]"):
            start, end = span.split("-")
            yield int(start, 16), int(end, 16)
