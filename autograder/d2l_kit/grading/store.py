"""The folder of reports that `grade` writes: one JSON file a submission, whole or not there, private."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Protocol

from d2l_kit.errors import KitError, MachineError
from d2l_kit.report.model import Report
from d2l_kit.report.serial import from_dict, to_dict

_UNSAFE = re.compile(r"[^\w.+@=-]")
_NAME_BYTES = 200  # a file's name may have 255, with suffixes


class Keeper(Protocol):
    """Where a class's reports are kept while it is graded."""

    def known(self, submission: str, digest: str) -> Report | None:
        """A report that was made from the same and need not be made again."""

    def keep(self, report: Report) -> None:
        """Keep a new report: whole, and before anything else happens.

        Raises:
            MachineError: It cannot be written.
        """

    def fail(self, submission: str, problem: str) -> None:
        """Note that grading failed on our side; no score is touched."""

    def standing(self, submission: str) -> Report | None:
        """The report that counts now."""


class ReportFolder:
    """Reads and writes `<submission>.json` below one folder; a `Keeper` for those who need no gradebook."""

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

    def known(self, submission: str, digest: str) -> Report | None:
        """The report that stands, if it was made from the same."""
        found = self.standing(submission)
        return found if found is not None and found.digest == digest else None

    def standing(self, submission: str) -> Report | None:
        """An earlier report, or None if there is none that this version can read."""
        try:
            with open(_utf8(self.file(submission)), encoding="utf-8") as file:  # noqa: PTH123 - a path in bytes
                return from_dict(json.load(file))
        except (OSError, ValueError, KeyError, TypeError, KitError):
            return None  # none, or of another version: it will be graded and written anew

    def fail(self, submission: str, problem: str) -> None:
        """A failure of ours leaves no trace here: what stood before stands."""

    def keep(self, report: Report) -> None:
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
