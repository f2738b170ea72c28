"""Landlock: a list of paths that a process and its children may use; all others are closed.

The rules are made from opened paths, which needs the rights of the moment; enforcing them needs none. So a
worker makes its rule set before it changes its account and enforces it afterwards. Source: the kernel's
documentation, userspace-api/landlock. The numbers of its calls are the same on every machine.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from . import _kernel

FILES_ABI_MIN = 3  # below it a file outside the list can still be truncated
SCOPES_ABI_MIN = 6  # from it signals and abstract sockets end at the domain's border

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_ACCESS_NET_TCP = 0b11  # bind, connect
_SCOPE_ALL = 0b11  # abstract Unix sockets, signals

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
_MAKE_CHAR = 1 << 6
_MAKE_BLOCK = 1 << 11
_TRUNCATE = 1 << 14
_IOCTL_DEV = 1 << 15

READ = READ_FILE | READ_DIR
WRITE = ((1 << 15) - 1) & ~(EXECUTE | _MAKE_CHAR | _MAKE_BLOCK)
DEVICE = READ_FILE | WRITE_FILE | _TRUNCATE | _IOCTL_DEV
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEV

_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # rights on files by ABI, counted from bit 0; 16 from ABI 5


def abi() -> int:
    """The version that the running kernel offers, or 0."""
    try:
        return _kernel.call("syscall", _CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def rule_set(grants: Iterable[tuple[str, int]], *, tcp: bool) -> int:
    """A rule set, not yet in force, as a descriptor.

    Args:
        grants: Paths with the rights on them and all below; a path that is not there is passed over.
        tcp: Leave TCP open.
    """
    version = abi()
    handled = (1 << _RIGHTS.get(version, 16)) - 1
    fields = [handled]
    if version >= 4:
        fields.append(0 if tcp else _ACCESS_NET_TCP)
    if version >= SCOPES_ABI_MIN:
        fields.append(_SCOPE_ALL)
    attributes = struct.pack(f"@{len(fields)}Q", *fields)
    rules = _kernel.call("syscall", _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        os.set_inheritable(rules, False)
        for path, rights in grants:
            _add(rules, path, rights & handled)
    except BaseException:
        os.close(rules)
        raise
    return rules


def enforce(rules: int) -> None:
    """Put a rule set on this thread and all its children for ever, and close it."""
    try:
        _kernel.call("syscall", _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _add(rules: int, path: str, rights: int) -> None:
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(target).st_mode):
            rights &= _OF_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, target), 12)
        _kernel.call("syscall", _ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(target)
