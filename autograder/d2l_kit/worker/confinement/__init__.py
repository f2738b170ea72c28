"""The confinement of workers: a student's code may compute, and do nothing else to this machine.

Theory of operation. Four processes; each has less than the one before.

    grader    hidden checks, reference, all rights of the account it runs under
      waiter    (namespaces only) does nothing but wait; ends with the zygote, and the zygote with it
        zygote    interpreter, torch, course; no secret; keeps the rights needed to confine
          worker    one submission; has given up everything before it reads the first line of it

`enter` makes a process the zygote, `Zygote.fork` makes a worker, `Zygote.confine` locks it in and says what
is in force, `Zygote.reap` sees to its end. A worker can read all memory that it inherits, so a secret is safe
only where it never was: a zygote must not be forked from a process that holds hidden checks. What can be
reached by name is closed by up to three fences, and each closes what the ones before it leave open:

process     An account that nobody else uses, where we are root: files of mode 0600, signals, ptrace and the
            count of processes end at it. Limits on memory, CPU time, files and processes. `dumpable` is off:
            otherwise a process of the same account may open our memory for writing and edit a verdict. No
            new privileges: password-free sudo is usual on CI machines. PDEATHSIG, set again after the change
            of account, which clears it. This bounds accidents; it stops nobody who means it.

landlock    A list of readable paths and one writable folder (Landlock), and a list of refused system calls
            (seccomp). Landlock alone leaves open, and the filter closes: every network but TCP; Unix sockets
            by path; renicing, re-pinning or limiting the grader, which is no signal and needs no more than
            the same uid; io_uring, which does file work behind a filter's back; new user namespaces, in which
            a nobody is root and the kernel's rarest code can be reached; memory that no limit counts.
            Without an account of its own a worker could signal the grader, unless the kernel's Landlock
            knows scopes (ABI 6): with neither, the level is refused.

namespaces  A root that holds the readable paths and nothing else, so that there is nothing to find; a network
            with at most its own loopback; no processes but its own in sight; no IPC objects of others;
            scratch and /dev/shm on file systems of bounded size. The worker is pid 1 of its pid namespace:
            when it ends, for whatever reason, the kernel ends all its descendants at once. Below this level
            they are hunted: each worker adopts its own orphans, the zygote adopts those of ended workers,
            and kills what it adopts until nothing is left.

The order of steps in a worker (`_worker.confine`) is not free: what needs rights comes before they are
given up, and the filter, which forbids most of the other steps, comes last. The zygote has one thread when
it forks, or children hang on locks and thread pools whose other threads were not copied.

Nothing is probed by asking (`probe`): a kernel that makes a user namespace may still refuse a mount in it. A
step that fails ends in `Unavailable` with its name, the reason and a remedy, never in a lower level; and a
`Confinement` lists only steps whose last call has returned.

Not covered: holes in the kernel, side channels, a fair share of the processors, and the sum of memory over
several processes, for which the grader polls `Zygote.memory_used`.

Only the standard library and ctypes; on systems other than Linux the package can be imported and offers the
level `none`.
"""

from ._model import NO_SUM, Confinement, Level, Plan, Report, Step, Unavailable, WorkerLimits
from ._probe import best_level, probe
from ._zygote import Ended, Zygote, enter

__all__ = [
    "NO_SUM",
    "Confinement",
    "Ended",
    "Level",
    "Plan",
    "Report",
    "Step",
    "Unavailable",
    "WorkerLimits",
    "Zygote",
    "best_level",
    "enter",
    "probe",
]
