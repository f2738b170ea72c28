"""The zygote of the levels that confine, on Linux: how it gets there and how it ends its workers."""

from __future__ import annotations

import os
import secrets
import select
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from . import _accounts, _family, _kernel, _landlock, _paths, _root, _scratch, _seccomp, _worker
from ._accounts import Accounts
from ._model import Confinement, Level, Plan, Steps, Unavailable, WorkerLimits
from ._paths import Listing
from ._worker import Setting
from ._zygote import Ended, Zygote

NO_LANDLOCK = "Landlock: this kernel does not offer it; the minimal root alone keeps files out of reach"
ONE_THREAD = (
    "the zygote has {count} threads; a fork copies one of them and the locks of all, and workers hang. Set "
    "OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 in its environment and start no thread in it"
)
_OLD_LANDLOCK = (
    "a kernel from 6.2 (better 6.12) with Landlock among its security modules (boot option `lsm=`), outside "
    "of gVisor; or ask for `namespaces`, or for `process`"
)
_SAME_ACCOUNT = "run the grader as root, so that workers get accounts of their own, or use a kernel from 6.12"
_OTHER_MACHINE = "grade on an x86-64 machine, or ask for the level `process`"
_NO_SETUID = "give the container CAP_SETUID and CAP_SETGID and map its uids, or run as an ordinary user"
_NO_NAMESPACES = "allow it (`docker run --privileged`, or a machine of your own), or ask for `landlock`"


@dataclass(frozen=True)
class _Running:
    uid: int | None
    inherited: int  # private bytes that it has from the zygote


class ConfinedZygote(Zygote):
    """A zygote whose workers are confined to a level above `none`."""

    def __init__(
        self,
        setting: Setting,
        mechanisms: tuple[str, ...],
        accounts: Accounts | None,
        pid_namespace: int | None,
    ) -> None:
        self.level = setting.level
        self.mechanisms = mechanisms
        self._setting = setting
        self._accounts = accounts
        self._pid_namespace = pid_namespace
        self._pid = os.getpid()
        self._workers: dict[int, _Running] = {}  # by pid
        self._uid: int | None = None  # in a worker: its own account
        self._others = frozenset(_family.children(self._pid))

    def fork(self) -> int:
        """Fork a worker, at `namespaces` as pid 1 of a pid namespace of its own.

        Raises:
            RuntimeError: The zygote has more than one thread.
        """
        _check_one_thread()
        inherited = _family.private_bytes(self._pid)
        uid = None if self._accounts is None else self._accounts.take()
        try:
            pid = os.fork() if self._pid_namespace is None else _fork_into_namespace(self._pid_namespace)
        except OSError:
            if self._accounts is not None and uid is not None:
                self._accounts.give_back(uid)
            raise
        if pid == 0:
            self._uid = uid
            self._start_worker()
        else:
            self._workers[pid] = _Running(uid, inherited)
        return pid

    def confine(self, limits: WorkerLimits, slot: int) -> Confinement:
        """See `Zygote.confine`."""
        return _worker.confine(self._setting, self.mechanisms, limits, slot, self._uid)

    def reap(self, pid: int, slot: int, kill: bool, grace: float) -> Ended:
        """See `Zygote.reap`; after it nothing of the worker lives."""
        uid = self._workers[pid].uid
        if kill or not _family.await_end(pid, grace):
            _family.kill(pid)
        if self.level is not Level.NAMESPACES:
            # While its status is not collected, nobody else can get the worker's number.
            _family.await_end(pid, None)
            _family.kill_group(pid)
            keep = {*self._workers, *self._others}
            _family.kill_strays(keep, None if uid is None else lambda: _accounts.end_all_of(uid))
        _, status, rusage = os.wait4(pid, 0)
        del self._workers[pid]
        if self.level is not Level.NAMESPACES:
            self._clean_up(slot, uid)
        if self._accounts is not None and uid is not None:
            self._accounts.give_back(uid)
        return Ended(status, rusage, oom=False)

    def memory_used(self, pid: int) -> int:
        """See `Zygote.memory_used`.

        From statm (resident less shared), which costs a tenth of a millisecond; the kernel's fairer figure,
        PSS, costs three hundred times that. What a family has mapped to share among itself is asked for apart.
        """
        if pid not in self._workers:
            return 0
        inherited = self._workers[pid].inherited
        below = _family.descendants(pid)
        more = sum(max(0, _family.private_bytes(each) - inherited) for each in below)
        # Alone, a worker is held by its own limits, whatever it maps.
        shared = _family.shared_bytes((pid, *below)) if below else 0
        return _family.private_bytes(pid) + more + shared

    def _start_worker(self) -> None:
        os.setsid()
        _kernel.die_with_parent(signal.SIGKILL)
        if self._pid_namespace is None:
            if os.getppid() != self._pid:
                os._exit(1)  # the zygote ended before the line above
        else:
            os.close(self._pid_namespace)
        if self._accounts is not None:
            self._accounts.drop_claims()

    def _clean_up(self, slot: int, uid: int | None) -> None:
        _scratch.remove(self._setting.scratch(slot))
        if uid is not None and Path(_root.SHARED_MEMORY).is_dir():
            _scratch.remove_files_of(uid, _root.SHARED_MEMORY)


def enter_linux(plan: Plan) -> Zygote:
    """See `enter`."""
    _check_one_thread()
    steps = Steps(plan.level)
    missing: tuple[str, ...] = ()
    if plan.level >= Level.LANDLOCK:
        missing = _check_kernel(plan.level)
    content = _paths.listing(plan.readable, plan.hidden)
    devices = (*_paths.DEVICES, *plan.devices)
    accounts = _find_accounts(steps.level)
    namespace = None
    if plan.level is Level.NAMESPACES:
        namespace = _enter_namespaces(steps, content, devices, accounts)
    host = tempfile.gettempdir() if namespace is None else "/"  # where scratch folders are made
    prefix = str(Path(host, f"d2l-kit-worker-{secrets.token_hex(8)}"))
    if accounts is not None:
        with steps.step("readable for the workers' accounts", _accounts.CLOSED_FOLDER):
            uid = accounts.take()
            _accounts.check_readable(uid, (*content.asked, host))
            accounts.give_back(uid)
    with steps.step("zygote not dumpable, adopts orphans"):
        _kernel.adopt_orphans()
        _kernel.set_dumpable(False)
    setting = Setting(plan.level, content, devices, accounts is not None, missing, prefix)
    return ConfinedZygote(setting, tuple(steps.done), accounts, namespace)


def _check_one_thread() -> None:
    if (count := _family.threads()) != 1:
        raise RuntimeError(ONE_THREAD.format(count=count))


def _check_kernel(level: Level) -> tuple[str, ...]:
    """See what the kernel offers at all; at `namespaces` Landlock is a second fence and may be missing."""
    if not _seccomp.available():
        reason = f"no filter is known for {os.uname().machine}"
        raise Unavailable(level, "seccomp filter", reason, _OTHER_MACHINE)
    abi = _landlock.abi()
    if level is Level.NAMESPACES:
        return () if abi else (NO_LANDLOCK,)
    if abi < _landlock.FILES_ABI_MIN:
        reason = f"the kernel's Landlock ABI is {abi}; {_landlock.FILES_ABI_MIN} is needed"
        raise Unavailable(level, "Landlock", reason, _OLD_LANDLOCK)
    if abi < _landlock.SCOPES_ABI_MIN and os.geteuid() != 0:
        reason = f"with the grader's own account and Landlock ABI {abi}, workers could signal the grader"
        raise Unavailable(level, "Landlock", reason, _SAME_ACCOUNT)
    return ()


def _find_accounts(level: Level) -> Accounts | None:
    """Accounts for workers, where we are root. Root without them is refused where nothing else helps.

    The kernel does not bound uid 0's processes, so a worker must not keep it. At `namespaces` a user
    namespace is the other way out.
    """
    apart = level is Level.NAMESPACES
    possible = _accounts.are_possible() and (not apart or _kernel.may(_kernel.CAP_SYS_ADMIN))
    if possible:
        return Accounts()
    if os.geteuid() == 0 and not apart:
        reason = "root without the right to change to another account"
        raise Unavailable(level, "accounts for workers", reason, _NO_SETUID)
    return None


def _enter_namespaces(steps: Steps, content: Listing, devices: tuple[str, ...], accounts: Accounts | None) -> int:
    """Move into namespaces of our own and the minimal root; returns the pid namespace as a descriptor.

    The zygote itself must live in a pid namespace that its user namespace owns: `setns` back into it after
    each fork is refused otherwise.
    """
    signal_before = _kernel.parent_death_signal()
    if accounts is None:
        with steps.step("user namespace", _accounts.user_namespace_remedy()):
            _accounts.enter_user_namespace(os.getuid())
    remedy = _NO_NAMESPACES if accounts is not None else _accounts.user_namespace_remedy()
    with steps.step("mount and pid namespaces of the zygote", remedy):
        _kernel.unshare(_kernel.NEWNS | _kernel.NEWPID)
        _kernel.set_dumpable(False)
        if signal_before:
            _kernel.die_with_parent(signal_before)
        _fork_from_waiter()
    uids = {os.getuid(), _accounts.inner_id(), *(() if accounts is None else _accounts.UIDS)}
    with steps.step("minimal root", remedy):
        _root.build_and_enter(content, devices, uids)
        return os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)


def _fork_from_waiter() -> None:
    """Fork; the caller's process stays behind to wait and the child goes on.

    The child asks to die with the waiter, and then looks at a pipe that only the waiter can write to: had
    it been killed before the asking, the pipe would have hung up.
    """
    lifeline, held = os.pipe()
    inner = os.fork()
    if inner:
        os.close(lifeline)
        _wait(inner, held)
    os.close(held)
    _kernel.die_with_parent(signal.SIGKILL)
    poll = select.poll()
    poll.register(lifeline, select.POLLIN)
    if poll.poll(0):
        os._exit(1)
    os.close(lifeline)


def _wait(inner: int, held: int) -> NoReturn:
    """Be the waiter: hold nothing open that the zygote's peers wait to see closed, and end as it ends."""
    code = 255
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the zygote too, which decides
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.closerange(0, held)
        os.closerange(held + 1, os.sysconf("SC_OPEN_MAX"))
        code = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
    finally:
        os._exit(code if code >= 0 else 128 - code)


def _fork_into_namespace(own: int) -> int:
    """Fork a child that is pid 1 of a new pid namespace; the next child of ours stays in our own."""
    _kernel.unshare(_kernel.NEWPID)
    pid = -1
    try:
        pid = os.fork()  # and no clone: Python's and libc's handlers after a fork must run
    finally:
        if pid != 0:
            _kernel.setns(own, _kernel.NEWPID)
    return pid
