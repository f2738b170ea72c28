"""The steps by which a forked process becomes a confined worker; the order is the point of this module."""

from __future__ import annotations

import os
import signal
import stat
import tempfile
from dataclasses import dataclass

from . import _accounts, _family, _kernel, _landlock, _limits, _root, _scratch, _seccomp
from ._model import NO_SUM, Confinement, Level, Steps, WorkerLimits
from ._paths import DEVICES, Listing

NO_LOOPBACK = "loopback: only the level `namespaces` has a network of the worker's own"
NO_DISK_BOUND = "a bound on the scratch folder: single files are bounded, their sum is not"
DAEMONS = "the end of daemons should the zygote be killed: only a pid namespace ends them with it"
PATH_SOCKETS = "Unix sockets of other programs stay in reach by their paths, since unix_sockets is on"
NO_SHARED_MEMORY = "/dev/shm: it is the host's, and open only to workers with an account of their own"
SHARED_UID = "an account of its own: only root can give one"
SHARED_COUNT = "a process count of its own: it is shared with all that this account runs"
NAMES_BELOW_HIDDEN = "names of files in hidden folders can be listed (not read): Landlock cannot cut a folder out"

# What of the host's /proc the libraries read; the worker's own folder comes on top.
_PROC_FILES = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat")


@dataclass(frozen=True)
class Setting:
    """What a zygote hands on to its workers.

    Attributes:
        level: The level to reach.
        content: What may be read.
        devices: Device files that may be used.
        own_accounts: Each worker gets a throwaway account.
        missing: What the zygote could not have.
        scratch_prefix: Where scratch folders are made when they are folders of the host.
    """

    level: Level
    content: Listing
    devices: tuple[str, ...]
    own_accounts: bool
    missing: tuple[str, ...]
    scratch_prefix: str

    def scratch(self, slot: int) -> str:
        """The scratch folder of a slot."""
        return _root.SCRATCH if self.level is Level.NAMESPACES else f"{self.scratch_prefix}-{slot}"


def confine(setting: Setting, done: tuple[str, ...], limits: WorkerLimits, slot: int, uid: int | None) -> Confinement:
    """Confine this process for good.

    First what needs rights (namespaces, mounts), then what needs to see the files (the Landlock rules),
    then the account is dropped, then what it is no longer allowed to undo is closed, and the filter comes
    last since it forbids most of the steps before it.

    Args:
        setting: What the zygote has decided.
        done: The zygote's own steps.
        limits: What this worker may use.
        slot: Its number among the running workers.
        uid: Its throwaway account, where there is one.
    """
    level = setting.level
    apart, ruled = level is Level.NAMESPACES, level >= Level.LANDLOCK
    steps = Steps(level)
    _check_starting_point(limits.open_files)
    if apart:
        with steps.step("own mount, network, IPC and UTS namespaces"):
            _kernel.unshare(_kernel.NEWNS | _kernel.NEWNET | _kernel.NEWIPC | _kernel.NEWUTS)
            _kernel.set_host_name("worker")
        if limits.loopback:
            with steps.step("loopback"):
                _kernel.bring_loopback_up()
    with steps.step("private scratch folder"):
        _enter_scratch(setting, limits, slot, uid)
    with steps.step("resource limits"):
        _limits.set_limits(limits)
    rules = _prepare_rules(setting, limits, slot) if ruled and _landlock.abi() else None
    _take_identity(steps, uid, apart, limits.processes)
    with steps.step("not dumpable, no new privileges, dies with the zygote"):
        _kernel.set_dumpable(False)
        _kernel.forgo_new_privileges()
        # Once more: a change of account clears it, and workers have outlived their graders by minutes.
        _kernel.die_with_parent(signal.SIGKILL)
        _kernel.adopt_orphans()
    if rules is not None:
        with steps.step(f"Landlock (ABI {_landlock.abi()})"):
            _landlock.enforce(rules)
    if ruled:
        with steps.step("seccomp filter"):
            families = _families(level, limits)
            _seccomp.install(families=families, allow_exec=limits.allow_exec, tree_is_sealed=apart)
    return Confinement(
        level=level.label,
        mechanisms=(*done, *steps.done),
        missing=_missing(setting, limits),
        network=_network(steps),
        memory_bound="rlimit" if limits.memory_bytes else "none",
        own_uid=uid is not None,
    )


def _check_starting_point(descriptors: int) -> None:
    """See that nothing would stay outside of what is put on this thread and this root.

    Landlock and seccomp bind the thread that asks for them and its children, not its siblings; and with an
    open folder of the host `openat(fd, "../..")` walks past any new root.
    """
    if _family.threads() != 1:
        raise RuntimeError("a worker must have one thread while it is confined")
    for descriptor in range(descriptors):
        try:
            kind = os.fstat(descriptor).st_mode
        except OSError:
            continue  # not open
        if stat.S_ISDIR(kind):
            raise RuntimeError(f"descriptor {descriptor} is an open folder: close it before confining")


def _enter_scratch(setting: Setting, limits: WorkerLimits, slot: int, uid: int | None) -> None:
    path = setting.scratch(slot)
    if setting.level is Level.NAMESPACES:
        owner = (os.getuid(), os.getgid()) if uid is None else (uid, uid)
        _root.mount_scratch(path, limits.scratch_bytes, owner, limits.allow_exec)
        # Its own, or neighbours could fill it, leave messages in it, and read each other's tensors.
        _root.mount_scratch(_root.SHARED_MEMORY, limits.scratch_bytes, owner, limits.allow_exec)
        _root.mount_proc("/proc")
    else:
        _scratch.make(path, uid)
    os.chdir(path)
    # Compiled kernels are kept per worker: in a cache that several share, one could poison the next one's.
    os.environ.update(HOME=path, TMPDIR=path, TRITON_CACHE_DIR=f"{path}/triton", USER="worker", LOGNAME="worker")
    tempfile.tempdir = None  # a folder remembered from the zygote is closed here; queues would hang on it


def _take_identity(steps: Steps, uid: int | None, apart: bool, processes: int) -> None:
    if uid is not None:
        _limits.set_process_limit(processes)
        with steps.step("own account, no capabilities"):
            _accounts.become(uid)
        return
    if apart:
        with steps.step("own user namespace"):
            _accounts.enter_user_namespace(_accounts.inner_id())
    # After the namespace: set before it, the limit would bound all workers of this account together.
    _limits.set_process_limit(processes + (0 if apart else _accounts.threads_of_this_account()))
    with steps.step("no capabilities"):
        _kernel.empty_bounding_set()
        _kernel.drop_capabilities()


def _prepare_rules(setting: Setting, limits: WorkerLimits, slot: int) -> int:
    """The Landlock rules. In the minimal root all that can be seen may be read."""
    apart = setting.level is Level.NAMESPACES
    read = _landlock.READ | (_landlock.EXECUTE if limits.allow_exec else 0)
    write = _landlock.WRITE | (_landlock.EXECUTE if limits.allow_exec else 0)
    grants = [(path, _landlock.DEVICE) for path in setting.devices]
    grants.append((setting.scratch(slot), write))
    if set(setting.devices) - set(DEVICES):
        # CUDA's driver names its threads in /proc/self/task, and does not start where it may not write there.
        grants.append((f"/proc/{os.getpid()}", read | _landlock.WRITE))
    if apart:
        grants += [("/", read), (_root.SHARED_MEMORY, write)]
    else:
        grants += [(path, read) for path in setting.content.trees]
        grants += [(path, _landlock.READ_DIR) for path in setting.content.split]
        grants += [(path, read) for path in (f"/proc/{os.getpid()}", *_PROC_FILES)]
        if limits.unix_sockets and setting.own_accounts:
            grants.append((_root.SHARED_MEMORY, write))
    return _landlock.rule_set(grants, tcp=apart and limits.loopback)


def _families(level: Level, limits: WorkerLimits) -> tuple[int, ...]:
    if level is Level.NAMESPACES:
        return _seccomp.FAMILIES_IN_OWN_NETWORK
    return _seccomp.FAMILIES_IN_OWN_NETWORK[:1] if limits.unix_sockets else ()


def _network(steps: Steps) -> str:
    if "loopback" in steps.done:
        return "loopback"
    return "open" if steps.level < Level.LANDLOCK else "none"


def _missing(setting: Setting, limits: WorkerLimits) -> tuple[str, ...]:
    apart = setting.level is Level.NAMESPACES
    reasons = [*setting.missing, NO_SUM]
    if not setting.own_accounts:
        reasons.append(SHARED_UID)
        if not apart:
            reasons.append(SHARED_COUNT)
    if not apart:
        reasons += [NO_DISK_BOUND, DAEMONS]
        if limits.loopback:
            reasons.append(NO_LOOPBACK)
        if limits.unix_sockets and setting.level is Level.LANDLOCK:
            reasons.append(PATH_SOCKETS)
            if not setting.own_accounts:
                reasons.append(NO_SHARED_MEMORY)
        if setting.content.split and setting.level is Level.LANDLOCK:
            reasons.append(NAMES_BELOW_HIDDEN)
    return tuple(reasons)
