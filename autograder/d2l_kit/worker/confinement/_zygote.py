"""The zygote's handle: fork workers, confine them, see to their end. At level `none` it works anywhere."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from ._model import Confinement, Level, Plan, Unavailable, WorkerLimits

if TYPE_CHECKING:
    import resource

NOTHING_HOLDS = "no limits, no private files, no closed network: the worker may do what this account may"
ONLY_LINUX = "run the grader on Linux (a virtual machine or a container will do), or ask for the level `none`"

_POLL_SECONDS_MIN, _POLL_SECONDS_MAX = 0.0005, 0.02


class Ended(NamedTuple):
    """How a worker ended.

    Attributes:
        status: As from waitpid. It is never a verdict: the worker chose it.
        rusage: What the worker, and those of its children that it waited for, have used.
        oom: The kernel is known to have killed it for its memory. Only a memory cgroup tells; there is none
            here, so this is always False.
    """

    status: int
    rusage: resource.struct_rusage
    oom: bool


class Zygote:
    """A process that workers are forked from. This class confines nothing: it is the level `none`."""

    level = Level.NONE
    mechanisms: tuple[str, ...] = ()  # what is in force in the zygote already, and so in every worker

    def fork(self) -> int:
        """Fork a worker: returns 0 in the worker and its pid in the zygote.

        Fork nothing else in this process: what is its child and no worker is taken for a worker's orphan.
        """
        if not hasattr(os, "fork"):
            raise Unavailable(self.level, "fork", "this system cannot fork", ONLY_LINUX)
        pid = os.fork()
        if pid == 0:
            os.setsid()
        return pid

    def confine(self, limits: WorkerLimits, slot: int) -> Confinement:
        """Confine this worker for good. Call it in the worker, once, before it reads a submission.

        The caller has closed every descriptor but those the worker is to have, and has started no thread.

        Args:
            limits: What the worker may use.
            slot: A number that no other running worker of this zygote has, from 0.

        Returns:
            What is in force.

        Raises:
            Unavailable: A step failed. The process is half confined: let it end.
        """
        return Confinement(
            level=self.level.label,
            mechanisms=("own process",),
            missing=(NOTHING_HOLDS,),
            network="open",
            memory_bound="none",
            own_uid=False,
        )

    def reap(self, pid: int, slot: int, kill: bool, grace: float) -> Ended:
        """See a worker to its end and remove what it leaves behind.

        Args:
            pid: The worker.
            slot: The number it was confined with.
            kill: End it now.
            grace: Else: how many seconds it may take to end by itself.
        """
        ended = None if kill else _collect_within(pid, grace)
        if ended is None:
            os.kill(pid, signal.SIGKILL)  # by itself too: it may not have made its group yet
            _kill_group(pid)
            _, status, rusage = os.wait4(pid, 0)
        else:
            status, rusage = ended
        _kill_group(pid)
        return Ended(status, rusage, oom=False)

    def memory_used(self, pid: int) -> int:
        """Bytes of private memory that a worker and all its processes hold; 0 where nobody counts.

        A fork shows its parent's pages as its own until it writes to them. So the figure starts near the
        zygote's own: take the first reading as the base. For the worker's children the zygote's part is
        taken off, but not what the worker itself held when it forked them: with several processes the
        figure is an upper bound.
        """
        return 0


def enter(plan: Plan) -> Zygote:
    """Make this process a zygote of the level asked for.

    It must have one thread, and should not have imported much yet: at `namespaces` this forks, and the call
    returns in the child only. The process that called stays behind as a waiter that ends when the child
    does, with its status, and takes it along when it is killed.

    Raises:
        Unavailable: A step failed; nothing of it is left on the machine once this process ends.
    """
    if plan.level is Level.NONE:
        return Zygote()
    if sys.platform != "linux":
        raise Unavailable(plan.level, "operating system", f"{sys.platform} has not what it takes", ONLY_LINUX)
    # Only Linux has what these modules import.
    from ._confined import enter_linux

    return enter_linux(plan)


def _collect_within(pid: int, seconds: float) -> tuple[int, resource.struct_rusage] | None:
    deadline, pause = time.monotonic() + seconds, _POLL_SECONDS_MIN
    while True:
        found, status, rusage = os.wait4(pid, os.WNOHANG)
        if found:
            return status, rusage
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(pause, left))
        pause = min(2 * pause, _POLL_SECONDS_MAX)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left in it; macOS says EPERM when only zombies are
