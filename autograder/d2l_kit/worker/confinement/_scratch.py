"""Scratch folders on the host, for the levels that have no mounts of their own."""

# No pathlib here: entries are named relative to open folders, which Path cannot do.
# ruff: noqa: PTH102, PTH108

from __future__ import annotations

import os
import stat

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def make(path: str, uid: int | None) -> None:
    """Make a folder for one account alone; one that is already there is never taken over."""
    os.mkdir(path, 0o700)
    if uid is not None:
        os.chown(path, uid, uid)


def remove(path: str) -> None:
    """Remove a folder whatever is in it; nothing may be writing to it any more.

    A worker can nest folders deeper than Python can recurse, a path can be long or descriptors last, and
    can close them to their owner. So we climb down and up again with one folder open at a time.
    """
    try:
        here = os.open(path, _FOLDER)
    except FileNotFoundError:
        return
    os.fchmod(here, 0o700)
    names = [path]  # from the top to where we are
    ahead = [_remove_files(here)]  # for each of them, the folders still in it
    while ahead:
        if ahead[-1]:
            names.append(ahead[-1].pop())
            os.chmod(names[-1], 0o700, dir_fd=here)
            here = _move(here, names[-1])
            ahead.append(_remove_files(here))
        else:
            ahead.pop()
            here = _move(here, "..")
            name = names.pop()
            os.rmdir(name, dir_fd=here)
    os.close(here)


def remove_files_of(uid: int, folder: str) -> None:
    """Remove what an account left in a shared folder such as /dev/shm."""
    for entry in os.scandir(folder):
        if entry.stat(follow_symlinks=False).st_uid != uid:
            continue
        if entry.is_dir(follow_symlinks=False):
            remove(entry.path)
        else:
            os.unlink(entry.path)


def _move(here: int, name: str) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=here)
    finally:
        os.close(here)


def _remove_files(folder: int) -> list[str]:
    """Remove all that is no folder; returns the folders."""
    folders = []
    for name in os.listdir(folder):
        if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
            folders.append(name)
        else:
            os.unlink(name, dir_fd=folder)
    return folders
