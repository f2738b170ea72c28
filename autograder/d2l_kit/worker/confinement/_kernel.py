"""The system calls that Python 3.11 does not offer, as functions that raise OSError.

Nothing here is loaded before it is called, so that the module can be imported on any system.
"""

from __future__ import annotations

import ctypes
import fcntl
import functools
import os
import platform
import signal
import socket
import struct

NEWNS = 0x0002_0000
NEWUTS = 0x0400_0000
NEWIPC = 0x0800_0000
NEWUSER = 0x1000_0000
NEWPID = 0x2000_0000
NEWNET = 0x4000_0000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x4_0000

_MNT_DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_PR_SET_PDEATHSIG = 1
_PR_GET_PDEATHSIG = 2
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2

CAP_SETGID = 6
CAP_SETUID = 7
CAP_SYS_ADMIN = 21
_CAPABILITIES_MAX = 64
_CAPABILITY_VERSION_3 = 0x2008_0522

_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_IFREQ = struct.Struct("16sH22x")


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """Call a function of libc that answers -1 and errno on failure.

    Integers are passed as `long`: ctypes would cut flags to 32 bits.
    """
    ready = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    ctypes.set_errno(0)
    result: int = getattr(_libc(), name)(*ready)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    """Move this process (its next child, for NEWPID) into new namespaces."""
    call("unshare", flags)


def setns(descriptor: int, kind: int) -> None:
    """Move this process (its next child, for NEWPID) into the namespace behind a descriptor."""
    call("setns", descriptor, kind)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount something; a failure names the target."""
    try:
        call("mount", os.fsencode(source), os.fsencode(target), kind.encode(), flags, os.fsencode(options))
    except OSError as error:
        raise OSError(error.errno, error.strerror, target) from error


def detach(target: str) -> None:
    """Unmount a tree at once, though somebody may still use it."""
    call("umount2", os.fsencode(target), _MNT_DETACH)


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root and put the present one at `old`."""
    call("syscall", _PIVOT_ROOT[platform.machine()], os.fsencode(new), os.fsencode(old))


def set_host_name(name: str) -> None:
    """Name this host-name namespace."""
    call("sethostname", name.encode(), len(name))


def bring_loopback_up() -> None:
    """Bring up `lo` of this network namespace; it starts down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        _, flags = _IFREQ.unpack(fcntl.ioctl(control, _SIOCGIFFLAGS, _IFREQ.pack(b"lo", 0)))
        fcntl.ioctl(control, _SIOCSIFFLAGS, _IFREQ.pack(b"lo", flags | _IFF_UP))


def _prctl(option: int, *arguments: object) -> int:
    return call("prctl", option, *arguments, *([0] * (4 - len(arguments))))


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send a signal when the thread that forked this process ends; 0 undoes it."""
    _prctl(_PR_SET_PDEATHSIG, int(number))


def parent_death_signal() -> int:
    """The signal set by `die_with_parent`, or 0."""
    number = ctypes.c_int()
    _prctl(_PR_GET_PDEATHSIG, ctypes.byref(number))
    return number.value


def set_dumpable(dumpable: bool) -> None:
    """Open or close /proc/PID/mem, ptrace and core dumps to processes of the same account."""
    _prctl(_PR_SET_DUMPABLE, int(dumpable))


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def forgo_new_privileges() -> None:
    """Make set-id bits and file capabilities without effect from now on."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def install_filter(program: bytes, instructions: int) -> None:
    """Put a seccomp filter (packed `struct sock_filter`s) on this thread for ever."""
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", instructions, ctypes.addressof(buffer)))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header))


def _capability_header() -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(struct.pack("@Ii", _CAPABILITY_VERSION_3, 0), 8)


def _capability_sets() -> tuple[int, int, int]:
    """This thread's effective, permitted and inheritable capabilities, as bits."""
    data = ctypes.create_string_buffer(24)
    call("capget", _capability_header(), data)
    low_and_high = struct.unpack("@6I", data.raw)
    effective, permitted, inheritable = (low_and_high[i] | low_and_high[i + 3] << 32 for i in range(3))
    return effective, permitted, inheritable


def may(*wanted: int) -> bool:
    """Whether this thread holds all of these capabilities."""
    effective, _, _ = _capability_sets()
    return all(effective >> capability & 1 for capability in wanted)


def empty_bounding_set() -> None:
    """Take away the capabilities that an exec as uid 0 would bring back.

    Needs CAP_SETPCAP. Who lacks it has no capabilities to lose, and no_new_privs closes exec for good.
    """
    for capability in range(_CAPABILITIES_MAX):
        try:
            _prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            return  # EINVAL: past the kernel's last one; EPERM: see above


def drop_capabilities() -> None:
    """Give up all capabilities, the ambient ones too, and see that they are gone."""
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    call("capset", _capability_header(), ctypes.create_string_buffer(24))
    if any(_capability_sets()):
        raise OSError("some capabilities are still held")
