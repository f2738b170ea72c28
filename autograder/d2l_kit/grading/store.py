"""The folder of reports that `grade` writes: one JSON file a submission, whole or not there, private."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path

from d2l_kit.errors import KitError, MachineError
from d2l_kit.report.model import Report
from d2l_kit.report.serial import from_dict, to_dict

_UNSAFE = re.compile(r"[^\w.+@=-]")
_NAME_BYTES = 200  # a file's name may have 255, with suffixes
_LARGE = 1 << 28  # bytes of a file that nobody will read: its size and time must do


class ReportFolder:
    """Reads and writes `<submission>.json` below one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise MachineError(f"{path}: {error.strerror}.", "Choose another --out.") from error

    def file(self, submission: str) -> Path:
        """Where a submission's report lies: its name, made safe; changed names get a mark so that two never meet."""
        safe = _UNSAFE.sub("_", submission).lstrip(".").encode()[:_NAME_BYTES].decode(errors="ignore") or "_"
        if safe != submission:
            safe += "-" + hashlib.sha256(submission.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return self.path / f"{safe}.json"

    def read(self, submission: str) -> Report | None:
        """An earlier report, or None if there is none that this version can read."""
        try:
            with open(_utf8(self.file(submission)), encoding="utf-8") as file:  # noqa: PTH123 - a path in bytes
                return from_dict(json.load(file))
        except (OSError, ValueError, KeyError, TypeError, KitError):
            return None  # none, or of another version: it will be graded and written anew

    def write(self, report: Report) -> None:
        """Write a report whole, or leave what was there.

        Raises:
            MachineError: The disk is full or not writable.
        """
        target = self.file(report.submission)
        final, part = _utf8(target), _utf8(target) + b".part"
        text = json.dumps(to_dict(report), indent=1, ensure_ascii=True)
        try:
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(fd, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, final)  # noqa: PTH105 - paths in bytes
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(part)  # noqa: PTH108
            raise MachineError(f"{target}: {error.strerror}.", "Make room, then run the same command again.") from error


def _utf8(path: Path) -> bytes:
    """The path in bytes: a name in any script is written the same under every locale, C included."""
    return os.path.join(os.fsencode(path.parent), path.name.encode("utf-8", "surrogateescape"))  # noqa: PTH118


def digest_of(path: Path) -> str:
    """One number for a submission's content: the names and bytes of its files, links and devices not followed.

    A submission inside an archive (`bulk.zip/alice.zip`) has the whole archive's.
    """
    total = hashlib.sha256(str(path).encode("utf-8", "surrogateescape"))
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    # A link counts by where it leads and is not followed: /proc and devices have no end.
    for file in sorted(path.rglob("*")) if path.is_dir() and not path.is_symlink() else [path]:
        total.update(str(file.relative_to(path.parent)).encode("utf-8", "surrogateescape") + b"\0")
        try:
            if file.is_symlink():
                total.update(os.fsencode(file.readlink()))
                continue
            if not file.is_file():
                continue
            known = file.stat()
            if known.st_size > _LARGE:
                total.update(f"{known.st_size} bytes of {known.st_mtime_ns}".encode())
                continue
            with file.open("rb") as content:
                total.update(hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            total.update(f"unreadable: {error.errno}".encode())
    return total.hexdigest()
