"""The minimal root: a file system in which only what a worker may read exists, under its usual names.

Two pivots. The first puts the host's root at /old and an empty tmpfs in its place, so that no path of the
host can lie below the place where the new root is built. The second makes the new root the root, and the
host's is let go. Every mount is in a mount namespace of ours and private: the host sees nothing of it, and
the kernel undoes it all with the last process inside.
"""

# No pathlib here: paths go to the kernel as text, below roots that are still being built.
# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH120, PTH211

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from . import _kernel
from ._paths import Listing

# Mounted over in every worker, so nothing that is to be read may lie below: a name that nobody else uses.
SCRATCH = "/scratch-of-a-worker"
SHARED_MEMORY = "/dev/shm"

_ROOT_OPTIONS = "mode=755,size=16m,nr_inodes=200000"
_ZYGOTE_SCRATCH_BYTES = 16 << 20
_KEPT_FLAGS = {"nosuid": _kernel.MS_NOSUID, "nodev": _kernel.MS_NODEV, "noexec": _kernel.MS_NOEXEC}

_HOSTS = "127.0.0.1 localhost worker\n::1 localhost\n"
_NSSWITCH = "passwd: files\ngroup: files\nhosts: files\n"


def build_and_enter(content: Listing, devices: Sequence[str], uids: Iterable[int]) -> None:
    """Build the root and make it ours. Needs new mount and pid namespaces and the rights in them.

    Args:
        content: What it holds besides devices, /proc and a handful of files in /etc.
        devices: Its device files.
        uids: The accounts that get a line in /etc/passwd.
    """
    _kernel.mount("", "/", flags=_kernel.MS_REC | _kernel.MS_PRIVATE)
    stage = next(path for path in ("/tmp", "/mnt", "/var", "/usr") if os.path.isdir(path))
    stage = os.path.realpath(stage)
    _kernel.mount("tmpfs", stage, "tmpfs", _kernel.MS_NOSUID, _ROOT_OPTIONS)
    os.mkdir(f"{stage}/old")
    os.mkdir(f"{stage}/new")
    _kernel.pivot_root(stage, f"{stage}/old")
    os.chdir("/")
    _kernel.mount("tmpfs", "/new", "tmpfs", _kernel.MS_NOSUID | _kernel.MS_NODEV, _ROOT_OPTIONS)
    _fill("/new", "/old", content, devices, uids)
    os.chdir("/new")
    _kernel.pivot_root(".", ".")
    _kernel.detach(".")
    os.chdir("/")
    frozen = _kernel.MS_REMOUNT | _kernel.MS_BIND | _kernel.MS_RDONLY | _kernel.MS_NOSUID | _kernel.MS_NODEV
    _kernel.mount("", "/", flags=frozen)
    # For the zygote itself: torch's modules ask for a temporary folder when they are imported. A worker's
    # own scratch folder comes to lie over it, under the same name.
    mount_scratch(SCRATCH, _ZYGOTE_SCRATCH_BYTES, (os.getuid(), os.getgid()), allow_exec=False)
    os.environ.update(HOME=SCRATCH, TMPDIR=SCRATCH)
    tempfile.tempdir = None


def mount_proc(target: str) -> None:
    """Mount a /proc that shows this pid namespace only."""
    _kernel.mount("proc", target, "proc", _kernel.MS_NOSUID | _kernel.MS_NODEV | _kernel.MS_NOEXEC)


def mount_scratch(target: str, size_bytes: int, owner: tuple[int, int], allow_exec: bool) -> None:
    """Mount an empty file system of bounded size that belongs to one account (uid, gid)."""
    flags = _kernel.MS_NOSUID | _kernel.MS_NODEV | (0 if allow_exec else _kernel.MS_NOEXEC)
    size = max(size_bytes, 4096)  # 0 would mean no bound
    options = f"size={size},nr_inodes=16384,uid={owner[0]},gid={owner[1]},mode=700"
    _kernel.mount("tmpfs", target, "tmpfs", flags, options)


def _fill(new: str, old: str, content: Listing, devices: Sequence[str], uids: Iterable[int]) -> None:
    for folder in ("/proc", "/etc", "/dev", SHARED_MEMORY, SCRATCH):
        os.mkdir(new + folder)
    for path in content.trees:
        if path.startswith(("/proc/", f"{SHARED_MEMORY}/", f"{SCRATCH}/")):
            raise OSError(f"{path} cannot be shown to workers: they have folders of their own there")
    # In a user namespace a new /proc is granted only while an old one is in sight, so before the pivot.
    mount_proc(f"{new}/proc")
    for path in (*content.trees, *devices):
        if os.path.exists(old + path):
            _bind(old + path, new + path)
    for path, target in content.links:
        if not os.path.lexists(new + path):
            os.makedirs(os.path.dirname(new + path), exist_ok=True)
            os.symlink(target, new + path)
    os.symlink("/proc/self/fd", f"{new}/dev/fd")
    if not os.path.lexists(f"{new}/tmp"):  # something to be read may lie in it
        os.symlink(SCRATCH, f"{new}/tmp")  # for code that does not ask TMPDIR
    _make_read_only(new, keep_devices=set(devices))
    for name, text in _files_in_etc(uids).items():
        Path(new, "etc", name).write_text(text, encoding="ascii")


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    _kernel.mount(source, target, flags=_kernel.MS_BIND | _kernel.MS_REC)


def _make_read_only(new: str, keep_devices: set[str]) -> None:
    """Make every mount below the new root read-only, those that came along with a bind too.

    A remount applies to one mount at a time, and in a user namespace it must repeat the flags that are on
    it, or is refused.
    """
    for point, flags in _mounts(f"{new}/proc/self/mountinfo"):
        inside = point.removeprefix(new)
        if inside == point or inside in ("", "/proc"):
            continue
        flags |= _kernel.MS_REMOUNT | _kernel.MS_BIND | _kernel.MS_RDONLY | _kernel.MS_NOSUID
        if inside not in keep_devices:
            flags |= _kernel.MS_NODEV
        _kernel.mount("", point, flags=flags)


def _mounts(table: str) -> list[tuple[str, int]]:
    found = []
    for line in Path(table).read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        fields = line.split(" ")
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        options = fields[5].split(",")
        found.append((point, sum(flag for name, flag in _KEPT_FLAGS.items() if name in options)))
    return found


def _files_in_etc(uids: Iterable[int]) -> dict[str, str]:
    uids = tuple(uids)
    return {
        "passwd": "".join(f"worker{uid}:x:{uid}:{uid}::{SCRATCH}:/nonexistent\n" for uid in uids),
        "group": "".join(f"worker{uid}:x:{uid}:\n" for uid in uids),
        "hosts": _HOSTS,
        "nsswitch.conf": _NSSWITCH,
    }
