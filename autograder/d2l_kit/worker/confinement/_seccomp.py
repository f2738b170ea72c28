"""seccomp: system calls that no exercise needs and that reach past the worker are refused.

A list of what is refused, not of what is allowed: a list of the allowed breaks with the next libc. Refused
calls answer EPERM, so an honest library that tries one falls back. Calls newer than the list answer ENOSYS,
as an older kernel would. The filter is a program for the kernel's classic BPF machine, assembled here; its
input is `struct seccomp_data`: number, architecture, instruction pointer, six arguments of 64 bits.
"""

from __future__ import annotations

import errno
import platform
import socket
import struct
import sys
from collections.abc import Iterator

from . import _kernel

_INSTRUCTION = struct.Struct("@HBBI")
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

_ALLOW = 0x7FFF_0000
_KILL_PROCESS = 0x8000_0000
_EPERM = 0x0005_0000 | errno.EPERM
_ENOSYS = 0x0005_0000 | errno.ENOSYS

_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENTS = 0, 4, 16
_X86_64 = 0xC000_003E
_X32_BIT = 0x4000_0000
_NEWEST = 469  # file_setattr, Linux 6.17

# x86-64's numbers; each machine has its own.
_REFUSED = {
    "reading or steering other processes": (
        *(101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
        *(424, 434, 438, 440, 448),  # pidfd_send_signal, pidfd_open, pidfd_getfd, process_madvise/_mrelease
        *(141, 251, 256, 279),  # setpriority, ioprio_set, migrate_pages, move_pages
    ),
    "mounts, roots and namespaces": (
        *(155, 161, 165, 166, 272, 308),  # pivot_root, chroot, mount, umount2, unshare, setns
        *(
            428,
            429,
            430,
            431,
            432,
            433,
            442,
            467,
        ),  # open_tree, move_mount, fs*, mount_setattr, open_tree_attr
        *(457, 458),  # statmount, listmount
    ),
    "memory that no limit of this process counts": (
        # A memfd or a System V segment is charged to nobody's address space once it is unmapped, and
        # System V objects and message queues outlive their maker where there is no IPC namespace.
        *(319, 447),  # memfd_create, memfd_secret
        *(29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71),  # shm*, sem*, msg*
        *(240, 241),  # mq_open, mq_unlink
    ),
    "parts of the kernel with a history of holes": (
        *(298, 321, 323, 425, 426, 427),  # perf_event_open, bpf, userfaultfd, io_uring_*
        *(248, 249, 250),  # add_key, request_key, keyctl
        *(135, 154, 172, 173, 156, 134, 212, 180),  # personality, modify_ldt, iopl, ioperm, and dead ones
        *(303, 304, 300),  # name_to_handle_at, open_by_handle_at, fanotify_init
    ),
    "the machine as a whole": (
        *(174, 175, 176, 313, 246, 320, 169),  # modules, kexec, reboot
        *(167, 168, 179, 443, 163, 153),  # swap, quotactl, acct, vhangup
        *(159, 164, 227, 305),  # adjtimex, settimeofday, clock_settime, clock_adjtime
        *(103, 170, 171),  # syslog, sethostname, setdomainname
    ),
}
_CLONE, _CLONE3, _SOCKET, _IOCTL, _PRCTL = 56, 435, 41, 16, 157
_EXEC = (59, 322)  # execve, execveat

# Harmless on oneself, and what libc and torch use is pid 0; with another pid they renice, re-pin or, through
# RLIMIT_CPU 0, end the grader. Landlock does not look at them. (prlimit64, sched_setparam, _setscheduler,
# _setaffinity, _setattr)
_ON_PID_0_ONLY = (302, 142, 144, 203, 314)

# NEWNS to NEWNET without gaps, and CLONE_PARENT: it would make a sibling of the worker, out of its tree.
_CLONE_REFUSED = 0x7E02_0000 | 0x8000
_SET_ID_BITS = 0o6000
_CHMOD_MODE_AT = {90: 1, 91: 1, 268: 2, 452: 2}  # chmod, fchmod, fchmodat, fchmodat2
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type into the terminal that runs the grader

# A worker that undoes these outlives its zygote, leaves its tree, or opens its memory to a neighbour.
_PRCTL_REFUSED = (1, 4, 36)  # PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER

FAMILIES_IN_OWN_NETWORK = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)  # 16: AF_NETLINK


def available() -> bool:
    """Whether a filter is known for this machine."""
    return sys.platform == "linux" and platform.machine() == "x86_64" and sys.maxsize > 2**32


def install(*, families: tuple[int, ...], allow_exec: bool, tree_is_sealed: bool) -> None:
    """Put the filter on this thread and all its children for ever.

    Args:
        families: Address families of which a socket may be made; `socketpair` is always allowed.
        allow_exec: Leave execve open.
        tree_is_sealed: A pid namespace holds the worker's processes together, so they need not be kept
            from undoing the other means that do (`torch.multiprocessing` uses one of them).
    """
    program = _assemble(families, allow_exec, tree_is_sealed)
    _kernel.install_filter(program, len(program) // _INSTRUCTION.size)


def _assemble(families: tuple[int, ...], allow_exec: bool, tree_is_sealed: bool) -> bytes:
    code = [
        *_load(_AT_ARCHITECTURE),
        *_unless_equal(_X86_64, _KILL_PROCESS),
        *_load(_AT_NUMBER),
        # The x32 numbers are a second door to every call in this list.
        *_if(_JUMP_AT_LEAST, _X32_BIT, _KILL_PROCESS),
        *_if(_JUMP_AT_LEAST, _NEWEST + 1, _ENOSYS),
        # clone3 takes its flags by pointer, where a filter cannot look; libc then falls back to clone.
        *_if(_JUMP_EQUAL, _CLONE3, _ENOSYS),
    ]
    refused = [number for numbers in _REFUSED.values() for number in numbers]
    for number in (*refused, *(() if allow_exec else _EXEC)):
        code += _if(_JUMP_EQUAL, number, _EPERM)
    code += _on_call(_CLONE, [*_load_argument(0), *_if(_JUMP_ANY_BIT, _CLONE_REFUSED, _EPERM)])
    for number in _ON_PID_0_ONLY:
        code += _on_call(number, [*_load_argument(0), *_unless_equal(0, _EPERM)])
    for number, position in _CHMOD_MODE_AT.items():
        code += _on_call(number, [*_load_argument(position), *_if(_JUMP_ANY_BIT, _SET_ID_BITS, _EPERM)])
    code += _on_call(_IOCTL, [*_load_argument(1), *_if_any(_TERMINAL_INPUT, _EPERM)])
    if not tree_is_sealed:
        code += _on_call(_PRCTL, [*_load_argument(0), *_if_any(_PRCTL_REFUSED, _EPERM)])
    code += _on_call(_SOCKET, [*_load_argument(0), *_if_any(families, _ALLOW), *_return(_EPERM)])
    code += _return(_ALLOW)
    return b"".join(code)


def _load(offset: int) -> list[bytes]:
    return [_INSTRUCTION.pack(_LOAD, 0, 0, offset)]


def _load_argument(position: int) -> list[bytes]:
    """Load the low half of an argument; every one that is looked at is an int for the kernel."""
    return _load(_AT_ARGUMENTS + 8 * position)


def _return(answer: int) -> list[bytes]:
    return [_INSTRUCTION.pack(_RETURN, 0, 0, answer)]


def _if(jump: int, value: int, answer: int) -> list[bytes]:
    return [_INSTRUCTION.pack(jump, 0, 1, value), *_return(answer)]


def _if_any(values: tuple[int, ...], answer: int) -> Iterator[bytes]:
    for value in values:
        yield from _if(_JUMP_EQUAL, value, answer)


def _unless_equal(value: int, answer: int) -> list[bytes]:
    return [_INSTRUCTION.pack(_JUMP_EQUAL, 1, 0, value), *_return(answer)]


def _on_call(number: int, body: list[bytes]) -> list[bytes]:
    """Judge one call by its arguments; the number stays loaded for the calls after it."""
    whole = [*body, *_return(_ALLOW)]
    return [_INSTRUCTION.pack(_JUMP_EQUAL, 0, len(whole), number), *whole]
