"""Which paths a worker may read: a short list of whole trees, with the hidden ones cut out of it."""

# No pathlib here: paths are compared and followed as text; Path would tidy them.
# ruff: noqa: PTH100, PTH110, PTH114, PTH115, PTH117, PTH118, PTH119, PTH120, PTH208

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Debian finds BLAS through links in /etc/alternatives; the time zones are for `zoneinfo`.
SYSTEM_PATHS = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libx32",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/usr/share/zoneinfo",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

# A prefix that also holds programs, a shell among them: only its libraries are listed.
_SHARED_PREFIXES = ("/", "/usr", "/usr/local")
_LINKS_MAX = 40  # as many as the kernel follows


@dataclass(frozen=True)
class Listing:
    """What may be read, by real paths that do not overlap.

    Attributes:
        asked: The paths asked for that are there, not resolved.
        trees: Folders and files that are readable with all that is in them.
        split: Folders above something hidden: only those of their entries are readable that are listed.
        links: Symbolic links, with their texts, that lead from the names asked for to the real ones.
    """

    asked: tuple[str, ...]
    trees: tuple[str, ...]
    split: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


def listing(readable: Iterable[str], hidden: Iterable[str]) -> Listing:
    """Draw up the list for the paths given and for what every Python needs.

    A folder that holds something hidden is replaced by its other entries, one by one: neither Landlock nor
    a bind mount can take a part out of a tree, and a folder laid over the hidden one would still be there
    to be imported, as an empty package.
    """
    wanted = dict.fromkeys((*interpreter_paths(), *SYSTEM_PATHS, *(os.path.abspath(each) for each in readable)))
    unseen = {os.path.realpath(each) for each in hidden}
    asked: list[str] = []
    links: dict[str, str] = {}
    trees: list[str] = []
    for path in wanted:
        steps, real = _follow(path)
        if not os.path.exists(real) or _within(real, unseen):
            continue
        asked.append(path)
        links.update(steps)
        trees.append(real)
    cut: list[str] = []
    split: list[str] = []
    for tree in _outermost(trees):
        for kind, path in _cut_out(tree, unseen):
            if kind == "link":
                links[path] = os.readlink(path)
            else:
                (split if kind == "split" else cut).append(path)
    return Listing(tuple(asked), tuple(cut), tuple(split), tuple(links.items()))


def interpreter_paths() -> tuple[str, ...]:
    """The running interpreter, its standard library and every site-packages on `sys.path`.

    Other entries of `sys.path` are left out on purpose: an editable install of the reference is one.
    """
    paths = [os.path.realpath(sys.executable)]
    for prefix in (sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix):
        shared = os.path.realpath(prefix) in _SHARED_PREFIXES
        paths += [os.path.join(prefix, lib) for lib in ("lib", "lib64")] if shared else [prefix]
    paths += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [
        entry
        for entry in sys.path
        if os.path.isabs(entry) and os.path.basename(entry) in ("site-packages", "dist-packages")
    ]
    return tuple(dict.fromkeys(paths))


def _follow(path: str) -> tuple[dict[str, str], str]:
    """The links met on the way along a path, and where it ends."""
    links: dict[str, str] = {}
    here, ahead, followed = "/", path.split("/"), 0
    while ahead:
        part = ahead.pop(0)
        step = os.path.normpath(os.path.join(here, part))
        if os.path.islink(step) and followed < _LINKS_MAX:
            followed += 1
            links[step] = os.readlink(step)
            target = os.path.join(here, links[step])
            here, ahead = "/", [*target.split("/"), *ahead]
        else:
            here = step
    return links, here


def _outermost(paths: Iterable[str]) -> Iterator[str]:
    kept: set[str] = set()
    for path in sorted(paths):
        if not _within(path, kept):
            kept.add(path)
            yield path


def _within(path: str, roots: set[str]) -> bool:
    """Whether a path is one of the roots or lies below one."""
    while path not in roots:
        parent = os.path.dirname(path)
        if parent == path:
            return False
        path = parent
    return True


def _cut_out(tree: str, unseen: set[str]) -> Iterator[tuple[str, str]]:
    if tree in unseen:
        return
    if os.path.islink(tree):
        yield "link", tree
    elif any(_within(each, {tree}) for each in unseen):
        yield "split", tree
        for entry in sorted(os.listdir(tree)):
            yield from _cut_out(os.path.join(tree, entry), unseen)
    else:
        yield "tree", tree
