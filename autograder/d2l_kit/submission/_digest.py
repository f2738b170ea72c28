"""Whether a hand-in is still the same: one number for its content, made without unpacking anything."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from d2l_kit.errors import SubmissionError
from d2l_kit.submission._names import is_leftover, is_part, suffix_of
from d2l_kit.submission._zip import open_zip, zip_members

_LARGE = 1 << 28  # bytes of a file that nobody will read: its size and time must do


def digest_of(path: Path) -> str:
    """One number for a submission's content: the names and bytes of its files, links and devices not followed.

    It is the same wherever the submission lies. One inside a zip of a class (`bulk.zip/alice.zip`) has what the
    zip's table of contents says of it, so that a neighbour's new hand-in changes nothing.
    """
    total = hashlib.sha256()
    inside: list[str] = []
    while not os.path.lexists(path) and path != path.parent:
        inside.insert(0, path.name)
        path = path.parent
    if inside and _table_of_contents(path, "/".join(inside), total):
        return total.hexdigest()
    # A link counts by where it leads and is not followed: /proc and devices have no end.
    is_folder = path.is_dir() and not path.is_symlink()
    files = sorted(path.rglob("*")) if is_folder else [path]
    if is_folder and inside:  # `class/ada_4711_*`
        files = [file for file in files if file.parent == path and is_part(file.name, inside[-1])]
    for file in files:
        name = str(file.relative_to(path)) if is_folder else suffix_of(path.name)
        if is_folder and any(is_leftover(part) for part in file.relative_to(path).parts):
            continue  # nobody's work: a look at a repository's state rewrites .git/index
        total.update(name.encode("utf-8", "surrogateescape") + b"\0")
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


def _table_of_contents(path: Path, inside: str, total: hashlib._Hash) -> bool:
    """Add what a zip says of the entries below a name; whether it says anything at all."""
    found = False
    with contextlib.suppress(SubmissionError), open_zip(path) as packed:
        for member in sorted(zip_members(packed), key=lambda member: member.name):
            if member.name == inside or member.name.startswith(f"{inside}/") or is_part(member.name, inside):
                found = True
                info = member.info
                name = member.name.removeprefix(inside).encode("utf-8", "surrogateescape")
                total.update(name + f"\0{info.CRC} {info.file_size} {info.compress_size}\0".encode())
    return found
