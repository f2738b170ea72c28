"""A temporary folder for the zygote while it imports: some modules write as they are imported (inductor's cache)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ._model import Level

_SIZE = 16 << 20


@contextmanager
def temporary_folder(level: Level) -> Iterator[None]:
    """TMPDIR is writable inside and gone afterwards; in the minimal root it is a mount of its own."""
    if level is Level.NAMESPACES:
        from . import _kernel, _root

        folder = "/tmp"
        _root.mount_scratch(folder, _SIZE, (os.getuid(), os.getgid()), allow_exec=False)
    else:
        folder = tempfile.mkdtemp(prefix="d2l-kit-")
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    try:
        yield
    finally:
        del os.environ["TMPDIR"]
        tempfile.tempdir = None
        if level is Level.NAMESPACES:
            _kernel.detach(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
