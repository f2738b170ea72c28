"""Packing a workspace's answers into a zip to hand in: the same answers give the same bytes anywhere."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from d2l_kit.catalog import Exercise
from d2l_kit.errors import UsageError
from d2l_kit.workspace.files import explained, write_atomically, write_new
from d2l_kit.workspace.layout import WORKSPACE_FILE, Workspace

_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first a zip can say
_PLAIN_FILE = 0o100644
_UNIX = 3


def pack(workspace: Workspace, exercises: Iterable[Exercise]) -> bytes:
    """A zip of `d2l-kit.toml` and the exercises' files, and nothing else of the workspace.

    Raises:
        UsageError: A file is a link, or cannot be read.
    """
    paths = [workspace.root / WORKSPACE_FILE, *(workspace.file(exercise) for exercise in exercises)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(paths):
            entry = zipfile.ZipInfo(workspace.shown(path), _NO_TIME)
            entry.create_system = _UNIX
            entry.external_attr = _PLAIN_FILE << 16
            # Stored: what deflate makes of a text depends on the version of zlib.
            archive.writestr(entry, _content(path), zipfile.ZIP_STORED)
    return buffer.getvalue()


def save(bundle: bytes, path: Path, *, replace: bool = False) -> str:
    """Write the bundle and return its SHA-256.

    Raises:
        UsageError: Something of that name is there and `replace` does not allow to overwrite it.
    """
    with explained("cannot write", path):
        if replace:
            write_atomically(path, bundle)
        elif not write_new(path, bundle):
            raise UsageError(f"{path} is already there.", "Give -f to replace it, or --output with another name.")
    return hashlib.sha256(bundle).hexdigest()


def _content(path: Path) -> bytes:
    if path.is_symlink():
        raise UsageError(f"{path} is a link; links are not handed in.", "Put the file itself there.")
    with explained("cannot read", path):
        return path.read_bytes()
