"""A zip that depends on nothing but what goes in: no time, no user, and the same bytes with any zlib."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping

_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first a zip can say
_UNIX = 3


def zipped(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """The bytes of a zip of files, each with its content and its mode."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, (content, mode) in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _NO_TIME)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | mode) << 16
            # Stored: what deflate makes of a text depends on the version of zlib.
            archive.writestr(entry, content, zipfile.ZIP_STORED)
    return buffer.getvalue()
