"""Scratch folders on the host, for the levels that have no mounts of their own."""

# No pathlib: entries are named relative to open folders, which Path cannot do
# ruff: noqa: PTH
from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator


def make(path: str, uid: int | None) -> None:
    """Make a folder for one account alone; one that is already there is never taken over."""
    os.mkdir(path, 0o700)
    if uid is not None:
        os.chown(path, uid, uid)


def remove(path: str) -> None:
    """Remove a folder whatever is in it; nothing may be writing to it any more.

    A worker can nest folders deeper than Python can recurse or a path can be long, and can close them to
    their owner. So each folder's own folders are first moved up beside it: no recursion, short paths.
    """
    try:
        top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        names = _free_names(top)
        os.fchmod(top, 0o700)
        while entries := os.listdir(top):
            for entry in entries:
                _remove_entry(top, entry, names)
    finally:
        os.close(top)
    os.rmdir(path)


def remove_files_of(uid: int, folder: str) -> None:
    """Remove what an account left in a shared folder such as /dev/shm."""
    for entry in os.scandir(folder):
        if entry.stat(follow_symlinks=False).st_uid != uid:
            continue
        if entry.is_dir(follow_symlinks=False):
            remove(entry.path)
        else:
            os.unlink(entry.path)


def _remove_entry(top: int, entry: str, names: Iterator[str]) -> None:
    if not stat.S_ISDIR(os.lstat(entry, dir_fd=top).st_mode):
        os.unlink(entry, dir_fd=top)
        return
    os.chmod(entry, 0o700, dir_fd=top)
    inner = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
    try:
        for child in os.listdir(inner):
            if stat.S_ISDIR(os.lstat(child, dir_fd=inner).st_mode):
                os.chmod(child, 0o700, dir_fd=inner)  # moving a folder rewrites its `..`
                os.rename(child, next(names), src_dir_fd=inner, dst_dir_fd=top)
            else:
                os.unlink(child, dir_fd=inner)
    finally:
        os.close(inner)
    os.rmdir(entry, dir_fd=top)


def _free_names(folder: int) -> Iterator[str]:
    """Names that no entry of a folder bears."""
    taken = set(os.listdir(folder))
    return (name for number in itertools.count() if (name := f"moved-{number}") not in taken)
