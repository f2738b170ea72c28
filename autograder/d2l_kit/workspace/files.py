"""Reading and writing files: an error names the file and says what to do; a write is whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from d2l_kit.errors import MachineError, UsageError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO}


@contextmanager
def explained(what: str, path: Path) -> Iterator[None]:
    """Turn an OSError of the block into one of the kit's own.

    Args:
        what: What was tried, to go before "{path}": "cannot write".

    Raises:
        MachineError: The disk is full, or may not be written to.
        UsageError: Anything else the file system refused.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise MachineError(f"{what} {path}: no space left.", "Free some space and try again.") from error
        reason = error.strerror or type(error).__name__
        kind = MachineError if error.errno in _NOT_ALLOWED else UsageError
        raise kind(f"{what} {path}: {reason}.", "Check that path and its permissions.") from error


def write_atomically(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write the whole file, or leave the old one as it is. What is no file, such as /dev/null, is written into.

    Args:
        private: For the owner's eyes only (mode 600) instead of what the umask says.
    """
    if path.is_relative_to("/dev") or (path.exists() and not path.is_file()):
        with path.open("ab") as stream:
            stream.write(content)
        return
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if not private:
            Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def write_new(path: Path, content: bytes) -> bool:
    """Write a file that must not be there yet; False if something of that name is, be it a dangling link."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def _umask() -> int:
    mask = os.umask(0o077)  # the only way to ask is to set
    os.umask(mask)
    return mask
