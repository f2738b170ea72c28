"""Waiting for saves: which of a few known files have a new content.

Known files are looked at fifty times a second, by `lstat`; no folder is listed, so a copy beside a file
("corr2d copy.py") is nobody's business, and nothing depends on events, which some network folders and WSL2
never send. Links are not followed. What counts is the content: a `touch` changes nothing, and neither does a
file that is gone for a moment, as happens when an editor saves by rename. Once a second the contents are read
whatever `lstat` says, since the clock of a network folder may be too coarse to show a second save.

A change is reported when the file has kept still for one look, so that half a save is not checked; a file
that never keeps still is reported all the same after half a second.
"""

from __future__ import annotations

import hashlib
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

EVERY = 0.02  # seconds between looks
_FULL_LOOK = 50  # looks
_PATIENCE = 25  # looks

_Signature = tuple[int, int, int]


class Watcher(Iterator[frozenset[str]]):
    """An endless iterator: each `next` waits until files have changed, and gives their names.

    What the files held when the watcher was made is the first content; make it before you read them.

    Args:
        files: The files to watch, each with the name it is reported by.
        wait: Called between two looks.
    """

    def __init__(self, files: Mapping[str, Path], wait: Callable[[], None] = lambda: time.sleep(EVERY)) -> None:
        self._files = dict(files)
        self._wait = wait
        self._looks = 0
        self._signatures = {name: _signature(path) for name, path in self._files.items()}
        self._contents = {name: _digest(path) for name, path in self._files.items()}

    def __next__(self) -> frozenset[str]:
        """Wait for saves and name the files."""
        waited = 0
        pending: set[str] = set()
        while True:
            self._wait()
            moved = self._look()
            pending |= moved
            waited = waited + 1 if pending else 0
            if pending and (not moved or waited >= _PATIENCE):
                changed = frozenset(name for name in pending if self._has_new_content(name))
                if changed:
                    return changed
                pending.clear()

    def _look(self) -> set[str]:
        """Names of the files that may have changed since the last look."""
        self._looks += 1
        moved = set()
        for name, path in self._files.items():
            signature = _signature(path)
            if signature != self._signatures[name]:
                self._signatures[name] = signature
                moved.add(name)
        if self._looks % _FULL_LOOK == 0:
            moved |= {name for name, path in self._files.items() if _digest(path) not in (None, self._contents[name])}
        return moved

    def _has_new_content(self, name: str) -> bool:
        digest = _digest(self._files[name])
        if digest is None or digest == self._contents[name]:
            return False
        self._contents[name] = digest
        return True


def _signature(path: Path) -> _Signature | None:
    """What tells a save without reading the file; None if there is no plain file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _digest(path: Path) -> bytes | None:
    if _signature(path) is None:
        return None
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
