"""Who a worker is: a throwaway account where we are root, else a user namespace of its own.

Two workers under one uid can signal and renice each other and share one count of processes, so that a fork
bomb starves the neighbour. Root gives each running worker a uid that nobody else has. An ordinary user
cannot; there a user namespace for each worker at least counts its processes separately.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from . import _kernel

# systemd's list of uids (UIDS-GIDS) leaves 60706 to 61183 to nobody.
UIDS = range(60706, 61184)

# An abstract socket vanishes with the last process that holds it: a claim that needs no cleaning up.
_CLAIM = "\0d2l-kit/account/{uid}"

CLOSED_FOLDER = (
    "install Python and the course where every account may read them (/opt, /usr/local, or open the folders "
    "above with `chmod o+x`), or use the level `namespaces`, which needs only the files to be readable"
)


class Accounts:
    """The throwaway accounts of one zygote: uids, each of which is its own group as well.

    Each is claimed from the whole machine when it is first needed and kept until the zygote ends: two
    zygotes that gave out one uid would kill each other's workers.
    """

    def __init__(self) -> None:
        self._claims: dict[int, socket.socket] = {}
        self._free: list[int] = []

    def take(self) -> int:
        """An account that no process uses.

        Raises:
            OSError: All of them are taken.
        """
        return self._free.pop() if self._free else self._claim()

    def give_back(self, uid: int) -> None:
        """Say that no process uses an account any more."""
        self._free.append(uid)

    def drop_claims(self) -> None:
        """Close the claims in a worker, which would hold on to them otherwise."""
        for claim in self._claims.values():
            claim.close()

    def _claim(self) -> int:
        for uid in UIDS:
            if uid in self._claims:
                continue
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                claim.bind(_CLAIM.format(uid=uid))
            except OSError as error:
                claim.close()
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                self._claims[uid] = claim
                return uid
        raise OSError(f"all {len(UIDS)} accounts for workers are in use on this machine")


def are_possible() -> bool:
    """Whether this process may become any of the throwaway accounts."""
    return _kernel.may(_kernel.CAP_SETUID, _kernel.CAP_SETGID) and all(
        _maps(Path("/proc/self", name), UIDS) for name in ("uid_map", "gid_map")
    )


def become(uid: int) -> None:
    """Turn this process into an account for good; capabilities go with the change."""
    _kernel.empty_bounding_set()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _kernel.drop_capabilities()


def in_child(uid: int, action: Callable[[], int]) -> int:
    """Do something as another account, in a child; returns what the action returns (0 to 255)."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    answer = 255
    try:
        become(uid)
        answer = action()
    finally:
        os._exit(answer)


def check_readable(uid: int, paths: Iterable[str]) -> None:
    """See, by trying, that an account can read what workers need.

    Raises:
        OSError: The account cannot be taken, or a path is closed to it; the message names both.
    """
    ordered = [path for path in paths if not path.startswith("/sys/")]
    closed = in_child(uid, lambda: _first_closed(ordered))
    if closed == 255 or closed < 0:
        raise OSError(f"cannot change to the account {uid}")
    if closed:
        path = ordered[closed - 1]
        raise PermissionError(errno.EACCES, f"the account {uid} may not read what workers need", path)


def end_all_of(uid: int) -> None:
    """Kill every process of a throwaway account in one call that no fork can outrun."""
    in_child(uid, _kill_own_account)


def _kill_own_account() -> int:
    # A kill(-1) by root ends the machine's other work: look again before it.
    if any(uid not in UIDS for uid in os.getresuid()):
        return 1
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return 0  # nobody was left
    return 0


def _first_closed(paths: list[str]) -> int:
    for position, path in enumerate(paths, start=1):
        # Not Path.is_dir, which raises there.
        needed = os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK  # noqa: PTH112
        # A path below a closed folder is not even a folder for us, and not readable either.
        if not os.access(path, needed):
            return min(position, 254)
    return 0


def enter_user_namespace(inner: int) -> None:
    """Move into a new user namespace in which this process's account is known as `inner`.

    The process becomes dumpable: the maps belong to root otherwise. Close it again afterwards.
    """
    uid, gid = os.getuid(), os.getgid()
    _kernel.set_dumpable(True)
    _kernel.unshare(_kernel.NEWUSER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inner} {uid} 1"),
        ("gid_map", f"{inner} {gid} 1"),
    ):
        Path("/proc/self", name).write_text(text, encoding="ascii")


def inner_id() -> int:
    """The uid to wear inside: one's own, but never 0, to which an exec would give capabilities."""
    return os.getuid() or UIDS.start


def user_namespace_remedy() -> str:
    """What keeps this machine from making user namespaces, as a command."""
    for switch, wanted in (
        ("kernel/apparmor_restrict_unprivileged_userns", "0"),
        ("kernel/unprivileged_userns_clone", "1"),
    ):
        try:
            value = Path("/proc/sys", switch).read_text(encoding="ascii").strip()
        except OSError:
            continue  # this kernel has no such switch
        if value != wanted:
            return f"sudo sysctl -w {switch.replace('/', '.')}={wanted}, or run the grader as root"
    return (
        "run the grader as root, or on a machine or container that allows user namespaces "
        "(sysctl user.max_user_namespaces; `docker run --privileged`)"
    )


def threads_of_this_account() -> int:
    """How many threads run under this uid now; RLIMIT_NPROC counts them all."""
    ours = re.compile(rb"^Uid:\t%d\t.*?^Threads:\t(\d+)" % os.getuid(), re.MULTILINE | re.DOTALL)
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found = ours.search((folder / "status").read_bytes())
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
            total += int(found[1]) if found else 0
    return total


def _maps(table: Path, uids: range) -> bool:
    for line in table.read_text(encoding="ascii").splitlines():
        start, _, length = (int(each) for each in line.split())
        if start <= uids.start and uids.stop <= start + length:
            return True
    return False
